#include <capstan/capability/messaging/bind.h>
#include <capstan/capability/messaging/connect.h>
#include <capstan/capability/messaging/routed.h>
#include <capstan/platform/wiring.h>

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace capstan::platform {

Result<void> make_messaging(const RunSettings& settings, SharedBackends& shared) {
  if (shared.messaging != nullptr) return {};
  const Backends backends = backends_of(settings, "messaging");
  std::vector<messaging::Route> routes;
  std::vector<capability::Placement> placements;
  for (const BackendChoice& choice : backends.choices) {
    auto broker = messaging::connect(choice.url);
    if (!broker)
      return std::unexpected(std::move(broker).error().with_context(fmt::format(
          "the backend of messaging{}{}", choice.label.empty() ? "" : ":", choice.label)));
    routes.push_back({.broker = *std::move(broker),
                      .application = choice.shared ? "" : settings.application.value_or("")});
    placements.push_back({.label = choice.label, .namespace_ = ""});
  }
  shared.messaging = messaging::make_routed_broker(backends.names, routes);
  shared.messaging_for_operator = messaging::make_routed_broker(
      std::make_shared<capability::Names>(placements, std::nullopt), std::move(routes));
  return {};
}

Result<void> wire_messaging(const Wiring& wiring) {
  CAPSTAN_TRY_VOID(make_messaging(wiring.settings, wiring.shared));
  return messaging::bind(wiring.linker, wiring.shared.messaging);
}

}  // namespace capstan::platform
