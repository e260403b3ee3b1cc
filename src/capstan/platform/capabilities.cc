#include <capstan/platform/capabilities.h>

#include <capstan/capability/blobstore/bind.h>
#include <capstan/capability/config/bind.h>
#include <capstan/capability/keyvalue/bind.h>
#include <capstan/capability/logging/bind.h>
#include <capstan/capability/messaging/bind.h>
#include <capstan/capability/sql/bind.h>
#include <capstan/capability/vault/bind.h>
#include <capstan/platform/imports.h>
#include <capstan/platform/wiring.h>

#include <algorithm>

namespace capstan::platform {
namespace {

struct Served {
  std::string_view capability;
  std::span<const std::string_view> interfaces;
  Result<void> (*wire)(const Wiring& wiring);
};

constexpr Served all_served[] = {
    {"blobstore", blobstore::interfaces, wire_blobstore},
    {"config", config::interfaces, wire_config},
    {"keyvalue", keyvalue::interfaces, wire_keyvalue},
    {"logging", logging::interfaces, wire_logging},
    {"messaging", messaging::interfaces, wire_messaging},
    {"sql", sql::interfaces, wire_sql},
    {"vault", vault::interfaces, wire_vault},
};

}  // namespace

Result<void> add_capabilities(LinkerBase& linker, const Component& component,
                              const RunSettings& settings, SharedBackends& shared) {
  const Wiring wiring{
      .linker = linker, .component = component, .settings = settings, .shared = shared};
  for (const Served& served : all_served)
    if (imports_any(component, served.interfaces)) CAPSTAN_TRY_VOID(served.wire(wiring));
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
          .backend = backend_for(settings.backends, served.capability, "").url.shown()};
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
