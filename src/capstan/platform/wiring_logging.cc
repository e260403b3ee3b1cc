#include <capstan/capability/logging/bind.h>
#include <capstan/capability/logging/connect.h>
#include <capstan/platform/wiring.h>

namespace capstan::platform {

Result<void> wire_logging(const Wiring& wiring) {
  const BackendChoice choice = backend_for(wiring.settings.backends, "logging", "");
  CAPSTAN_TRY(const auto sink, logging::connect(choice.url));
  return logging::bind(wiring.linker,
                       sink->log_of(wiring.settings.application.value_or(wiring.component.name())));
}

}  // namespace capstan::platform
