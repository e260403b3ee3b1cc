#include <capstan/capability/keyvalue/bind.h>
#include <capstan/capability/keyvalue/connect.h>
#include <capstan/capability/keyvalue/routed.h>
#include <capstan/platform/wiring.h>

#include <fmt/format.h>

#include <utility>

namespace capstan::platform {

Result<void> wire_keyvalue(const Wiring& wiring) {
  const Backends backends = backends_of(wiring.settings, "keyvalue");
  std::vector<std::shared_ptr<keyvalue::Store>> stores;
  for (const BackendChoice& choice : backends.choices) {
    auto store = keyvalue::connect(choice.url);
    if (!store)
      return std::unexpected(std::move(store).error().with_context(fmt::format(
          "the backend of keyvalue{}{}", choice.label.empty() ? "" : ":", choice.label)));
    stores.push_back(*std::move(store));
  }
  return keyvalue::bind(wiring.linker, keyvalue::route(backends.names, std::move(stores)));
}

}  // namespace capstan::platform
