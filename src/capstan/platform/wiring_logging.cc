#include <capstan/capability/logging/bind.h>
#include <capstan/platform/wiring.h>

#include <unistd.h>

namespace capstan::platform {

Result<void> wire_logging(const Wiring& wiring) {
  const bool silent = backend_for(wiring.settings.backends, "logging", "").url.scheme == "none";
  return logging::bind(
      wiring.linker, silent ? logging::make_silent_log() : logging::make_stream_log(STDERR_FILENO));
}

}  // namespace capstan::platform
