#include <capstan/capability/logging/logging.h>

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>

namespace capstan::logging {
namespace {

class StreamLog final : public Log {
 public:
  explicit StreamLog(int descriptor) : descriptor_(descriptor) {}

  void log(Level level, std::string_view context, std::string_view message) override {
    const std::string line = format_line(level, context, message);
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // nobody reads it: a message is lost, the guest goes on
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }

 private:
  int descriptor_;
};

class SilentLog final : public Log {
 public:
  void log(Level, std::string_view, std::string_view) override {}
};

}  // namespace

std::string_view name(Level level) {
  static constexpr std::string_view names[] = {"Trace", "Debug", "Info",
                                               "Warn",  "Error", "Critical"};
  return names[static_cast<std::size_t>(level)];
}

std::string format_line(Level level, std::string_view context, std::string_view message) {
  return fmt::format("Level::{} {}: {}\n", name(level), context, message);
}

std::shared_ptr<Log> make_stream_log(int descriptor) {
  return std::make_shared<StreamLog>(descriptor);
}
std::shared_ptr<Log> make_silent_log() { return std::make_shared<SilentLog>(); }

}  // namespace capstan::logging
