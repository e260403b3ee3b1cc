// Timer: calls that happen later, on one thread of its own.
//
//   const Timer::Id id = timer.after(milliseconds(200), [] { ... });
//   timer.cancel(id);
//
// What is called must be short and must not throw: everything else of this timer waits meanwhile.
// The thread begins with the first call that is wanted. When the timer ends, what has not been
// called is dropped. Threads: all functions may be called from any thread, also from what it calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace capstan {

class Timer {
 public:
  using Id = std::uint64_t;  // never 0

  Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  // Waits for a call in progress, unless it is that call which ends the timer.
  ~Timer();

  Id after(std::chrono::milliseconds delay, std::function<void()> work);
  // What was called already, is being called, or is unknown stays as it is.
  void cancel(Id id);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the thread
};

}  // namespace capstan
