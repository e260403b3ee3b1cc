// Waker: how something that was pending says "poll me again".
//
// Callable from any thread, any number of times, also after the waiter is gone. Copies refer to the
// same waiter. An empty waker does nothing.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

namespace capstan {

class Waker {
 public:
  Waker() = default;
  // Wakes by calling `on_wake`, which must not block and not throw.
  explicit Waker(std::function<void()> on_wake)
      : on_wake_(std::make_shared<std::function<void()>>(std::move(on_wake))) {}

  void wake() const {
    if (on_wake_) (*on_wake_)();
  }

 private:
  std::shared_ptr<std::function<void()>> on_wake_;
};

namespace base {

// A thread that sleeps until its waker is called. A wake-up that comes before park() is not lost.
class Parker {
 public:
  Parker() : state_(std::make_shared<State>()) {}

  [[nodiscard]] Waker waker() const {
    return Waker([state = state_] {
      {
        const std::lock_guard lock(state->mutex);
        state->woken = true;
      }
      state->changed.notify_one();
    });
  }

  void park() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->woken; });
    state_->woken = false;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool woken = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace base
}  // namespace capstan
