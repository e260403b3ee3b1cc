#include <capstan/capability/logging/bind.h>

#include "logging_dialects.h"

#include <utility>

namespace capstan::logging {
namespace {

namespace wasi_logging = wit::wasi::logging::logging;

class WasiLogging final : public wasi_logging::Host {
 public:
  // `log` is shared with whoever made it.
  explicit WasiLogging(std::shared_ptr<Log> log) : log_(std::move(log)) {}

  void log(wasi_logging::Level level, std::string_view context, std::string_view message) override {
    // Both enums have the same cases in the same order.
    log_->log(static_cast<Level>(level), context, message);
  }

 private:
  std::shared_ptr<Log> log_;
};

static_assert(static_cast<int>(wasi_logging::Level::critical) == static_cast<int>(Level::critical));

}  // namespace

Result<void> bind(LinkerBase& linker, const std::shared_ptr<Log>& log) {
  return linker.add(wasi_logging::shape,
                    host::serve_shared<wasi_logging::Host>(std::make_shared<WasiLogging>(log)));
}

}  // namespace capstan::logging
