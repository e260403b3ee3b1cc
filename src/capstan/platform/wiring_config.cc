#include <capstan/capability/config/bind.h>
#include <capstan/platform/wiring.h>

namespace capstan::platform {

Result<void> wire_config(const Wiring& wiring) {
  return config::bind(wiring.linker, config::make_fixed_values(wiring.settings.config));
}

}  // namespace capstan::platform
