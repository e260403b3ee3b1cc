#include <capstan/capability/keyvalue/bind.h>
#include <capstan/capability/keyvalue/connect.h>
#include <capstan/capability/keyvalue/routed.h>
#include <capstan/platform/backend_modules.h>
#include <capstan/platform/wiring.h>

#include <fmt/format.h>

#include <utility>

namespace capstan::platform {
namespace {

Result<std::shared_ptr<keyvalue::Store>> open_store(const Url& url) {
  const KnownModule* const module = module_for(url.scheme);
  if (module == nullptr) return keyvalue::connect(url);
  return open_in(*module, &capability::BackendModule::keyvalue, "keyvalue", url);
}

}  // namespace

Result<void> wire_keyvalue(const Wiring& wiring) {
  const Backends backends = backends_of(wiring.settings, "keyvalue");
  std::vector<std::shared_ptr<keyvalue::Store>> stores;
  for (const BackendChoice& choice : backends.choices) {
    auto store = open_store(choice.url);
    if (!store)
      return std::unexpected(std::move(store).error().with_context(fmt::format(
          "the backend of keyvalue{}{}", choice.label.empty() ? "" : ":", choice.label)));
    stores.push_back(*std::move(store));
  }
  std::shared_ptr<keyvalue::Store> store = keyvalue::route(backends.names, std::move(stores));
  const auto& watched = wiring.settings.watched;
  if (!watched.empty()) {
    wiring.shared.changes = std::make_shared<Changes>(store);
    store = keyvalue::watching(std::move(store), {watched.begin(), watched.end()},
                               wiring.shared.changes);
  }
  return keyvalue::bind(wiring.linker, store);
}

}  // namespace capstan::platform
