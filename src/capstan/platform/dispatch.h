// Dispatcher: calls of components for events, on a bounded number of threads.
//
//   Dispatcher dispatcher({.threads = 2, .in_flight_max = 64});
//   dispatcher.post([=] { return fresh->call(event); });    // gives a Task<void>
//   dispatcher.drain();
//
// What is posted starts in order as soon as there is room for it, and stays on the thread where it
// started; while it waits for the host, that thread works on others. So events that wait for each
// other (a request, and the handler that answers it) need no thread each. Threads: all functions
// may be called from any thread, also from what is posted, but for drain().
#pragma once

#include <capstan/base/task.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace capstan::platform {

class Dispatcher {
 public:
  struct Options {
    std::size_t threads = 2;
    std::size_t in_flight_max = 64;  // started and not finished, on all threads together
  };
  // Makes the task on the thread that runs it. Neither throws.
  using Work = std::function<Task<void>()>;

  explicit Dispatcher(const Options& options);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  // Cancels what is running, and drops what has not started.
  ~Dispatcher();

  void post(Work work);
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;  // none: no end
  // Waits until nothing that was posted is left, or until the time is over, which is false. More
  // may be posted meanwhile.
  bool drain(Deadline deadline = std::nullopt);
  // How many have been posted since the beginning.
  [[nodiscard]] std::uint64_t posted() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with wakers
};

}  // namespace capstan::platform
