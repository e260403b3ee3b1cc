#include <capstan/platform/stop_signals.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace capstan::platform {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM};

std::atomic<int> write_end = -1;

// Runs as a signal handler: nothing but what is allowed there.
extern "C" void capstan_stop_signal(int /*number*/) {
  const int error = errno;
  const int to = write_end.load();
  if (to >= 0) {
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(to, &byte, 1);
  }
  errno = error;
}

}  // namespace

Result<StopSignals> StopSignals::watch() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(ErrorCode::io, std::string("cannot wait for signals: ") + std::strerror(errno));
  write_end = ends[1];
  struct sigaction action{};
  action.sa_handler = capstan_stop_signal;
  // The second one of a kind does what it does otherwise.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  for (const int number : signals) ::sigaction(number, &action, nullptr);
  return StopSignals(ends[0]);
}

StopSignals::StopSignals(StopSignals&& other) noexcept
    : read_end_(std::exchange(other.read_end_, -1)) {}

StopSignals::~StopSignals() {
  if (read_end_ < 0) return;
  for (const int number : signals) ::signal(number, SIG_DFL);
  ::close(write_end.exchange(-1));
  ::close(read_end_);
}

void StopSignals::wait() const {
  char byte = 0;
  while (::read(read_end_, &byte, 1) < 0 && errno == EINTR) {
  }
}

}  // namespace capstan::platform
