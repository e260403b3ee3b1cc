#include <capstan/capability/config/bind.h>
#include <capstan/capability/config/connect.h>
#include <capstan/platform/wiring.h>

namespace capstan::platform {

Result<void> wire_config(const Wiring& wiring) {
  const BackendChoice choice = backend_for(wiring.settings.backends, "config", "");
  CAPSTAN_TRY(const auto source, config::connect(choice.url, wiring.settings.config));
  return config::bind(wiring.linker, source);
}

}  // namespace capstan::platform
