#include <capstan/capability/logging/sink.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

namespace capstan::logging {
namespace {

// How long a full pipe that does not block may stay full before a message is lost.
constexpr int patience_ms = 1000;

enum class Descriptor : std::uint8_t { borrowed, owned };

class LineSink final : public Sink, public std::enable_shared_from_this<LineSink> {
 public:
  LineSink(int descriptor, Descriptor ownership, const SinkOptions& options)
      : descriptor_(descriptor), ownership_(ownership), options_(options) {}
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;
  ~LineSink() override {
    report_dropped(options_.now());
    if (ownership_ == Descriptor::owned) ::close(descriptor_);
  }

  std::shared_ptr<Log> log_of(std::string component) override;

  void add(const Message& message) {
    if (message.level < options_.least) return;
    const Time now = options_.now();
    const std::lock_guard lock(mutex_);
    if (!admitted(now)) return;
    LineStyle style = options_.style;
    style.components = style.components || components_ > 1;
    write(format_line(style, message, now));
  }

 private:
  // Whether the second still has room; the caller holds the mutex.
  bool admitted(Time now) {
    if (options_.lines_per_second == 0) return true;
    // A clock that was set back begins a new second, too.
    if (now < second_ || now - second_ >= std::chrono::seconds(1)) {
      report_dropped(now);
      second_ = now;
      lines_ = 0;
    }
    if (lines_ >= options_.lines_per_second) {
      ++dropped_;
      return false;
    }
    ++lines_;
    return true;
  }

  void report_dropped(Time now) {
    if (dropped_ == 0) return;
    write(
        format_dropped(options_.style, std::exchange(dropped_, 0), options_.lines_per_second, now));
  }

  // In one piece where the system allows it: what was appended to a file is not torn.
  void write(std::string_view rest) const {
    while (!rest.empty()) {
      const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && errno == EAGAIN) {
        pollfd ready = {.fd = descriptor_, .events = POLLOUT, .revents = 0};
        if (::poll(&ready, 1, patience_ms) > 0) continue;
      }
      if (written <= 0) return;  // nobody reads it: a message is lost, the guest goes on
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  const int descriptor_;
  const Descriptor ownership_;
  const SinkOptions options_;
  std::atomic<unsigned> components_ = 0;
  std::mutex mutex_;  // guards what follows, and writing
  Time second_ = {};
  std::uint64_t lines_ = 0;
  std::uint64_t dropped_ = 0;
};

class ComponentLog final : public Log {
 public:
  ComponentLog(std::shared_ptr<LineSink> sink, std::string component)
      : sink_(std::move(sink)), component_(std::move(component)) {}

  void log(Level level, std::string_view context, std::string_view message) override {
    sink_->add({.level = level, .component = component_, .context = context, .text = message});
  }

 private:
  std::shared_ptr<LineSink> sink_;  // shared by the logs of all components
  std::string component_;
};

std::shared_ptr<Log> LineSink::log_of(std::string component) {
  ++components_;
  return std::make_shared<ComponentLog>(shared_from_this(), std::move(component));
}

class SilentSink final : public Sink {
 public:
  std::shared_ptr<Log> log_of(std::string) override {
    class SilentLog final : public Log {
      void log(Level, std::string_view, std::string_view) override {}
    };
    return std::make_shared<SilentLog>();
  }
};

}  // namespace

std::shared_ptr<Sink> make_stream_sink(int descriptor, const SinkOptions& options) {
  return std::make_shared<LineSink>(descriptor, Descriptor::borrowed, options);
}

Result<std::shared_ptr<Sink>> make_file_sink(const std::string& path, const SinkOptions& options) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (file < 0)
    return fail(ErrorCode::io,
                fmt::format("cannot write the log '{}': {}", path, std::strerror(errno)));
  return std::make_shared<LineSink>(file, Descriptor::owned, options);
}

std::shared_ptr<Sink> make_silent_sink() { return std::make_shared<SilentSink>(); }

}  // namespace capstan::logging
