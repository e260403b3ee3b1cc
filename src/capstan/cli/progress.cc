#include <capstan/cli/progress.h>

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

namespace capstan::cli {
namespace {

constexpr std::chrono::milliseconds patience{300};
constexpr std::chrono::milliseconds step{500};

}  // namespace

// The thread that draws.
struct Progress::Line {
  explicit Line(std::string what_in) : what(std::move(what_in)), thread([this] { draw(); }) {}
  ~Line() {
    {
      const std::lock_guard lock(mutex);
      done = true;
    }
    changed.notify_one();
    thread.join();
  }

  void draw() {
    const auto start = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex);
    const auto is_done = [this] { return done; };
    if (changed.wait_for(lock, patience, is_done)) return;
    do {
      const auto passed = std::chrono::steady_clock::now() - start;
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(passed).count();
      fmt::print(stderr, "\r\033[Kcapstan: {} ... {} s", what, seconds);
      std::fflush(stderr);
    } while (!changed.wait_for(lock, step, is_done));
    fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
  }

  std::string what;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::thread thread;  // the last member: it uses the others
};

Progress::Progress(const Session& session, std::string what) {
  if (!session.quiet && ::isatty(STDERR_FILENO) != 0)
    line_ = std::make_unique<Line>(std::move(what));
}

Progress::~Progress() = default;

}  // namespace capstan::cli
