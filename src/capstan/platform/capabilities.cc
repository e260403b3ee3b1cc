#include <capstan/platform/capabilities.h>

#include <capstan/capability/config/bind.h>
#include <capstan/capability/keyvalue/bind.h>
#include <capstan/capability/keyvalue/memory.h>
#include <capstan/capability/logging/bind.h>
#include <capstan/platform/imports.h>

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace capstan::platform {
namespace {

struct Served {
  std::string_view capability;
  std::span<const std::string_view> interfaces;
  Result<void> (*bind)(LinkerBase& linker, const RunSettings& settings);
};

// Buckets by label: each goes to the store that was chosen for its name, or to the default.
class LabelledStore final : public keyvalue::Store {
 public:
  void add(std::string label, std::shared_ptr<keyvalue::Store> store) {
    stores_.insert_or_assign(std::move(label), std::move(store));
  }
  keyvalue::Outcome<std::shared_ptr<keyvalue::Bucket>> open(std::string_view name) override {
    const auto own = stores_.find(name);
    return (own == stores_.end() ? stores_.find("") : own)->second->open(name);
  }

 private:
  // Shared with the buckets that guests hold; "" is always there.
  std::map<std::string, std::shared_ptr<keyvalue::Store>, std::less<>> stores_;
};

Result<void> bind_keyvalue(LinkerBase& linker, const RunSettings& settings) {
  // "memory" is the only backend there is; parse_backend() refuses all others.
  auto labelled = std::make_shared<LabelledStore>();
  labelled->add("", keyvalue::make_memory_store());
  for (const BackendChoice& choice : settings.backends)
    if (choice.capability == "keyvalue" && !choice.label.empty())
      labelled->add(choice.label, keyvalue::make_memory_store());
  return keyvalue::bind(linker, labelled);
}

Result<void> bind_logging(LinkerBase& linker, const RunSettings& settings) {
  const bool silent = backend_for(settings.backends, "logging", "").scheme == "none";
  return logging::bind(
      linker, silent ? logging::make_silent_log() : logging::make_stream_log(STDERR_FILENO));
}

Result<void> bind_config(LinkerBase& linker, const RunSettings& settings) {
  return config::bind(linker, config::make_fixed_values(settings.config));
}

constexpr Served all_served[] = {
    {"config", config::interfaces, bind_config},
    {"keyvalue", keyvalue::interfaces, bind_keyvalue},
    {"logging", logging::interfaces, bind_logging},
};

}  // namespace

Result<void> add_capabilities(LinkerBase& linker, const Component& component,
                              const RunSettings& settings) {
  for (const Served& served : all_served)
    if (imports_any(component, served.interfaces)) CAPSTAN_TRY_VOID(served.bind(linker, settings));
  return {};
}

std::optional<CapabilityServing> capability_serving(std::string_view interface_id,
                                                    const RunSettings& settings) {
  for (const Served& served : all_served) {
    const bool serves = std::ranges::any_of(served.interfaces, [&](std::string_view offered) {
      return compatible(offered, interface_id);
    });
    if (serves)
      return CapabilityServing{
          .capability = std::string(served.capability),
          .backend = backend_for(settings.backends, served.capability, "").url};
  }
  return std::nullopt;
}

std::vector<std::string_view> capability_interfaces() {
  std::vector<std::string_view> all;
  for (const Served& served : all_served)
    all.insert(all.end(), served.interfaces.begin(), served.interfaces.end());
  return all;
}

}  // namespace capstan::platform
