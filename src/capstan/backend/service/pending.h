// Pending<T>: the answer that one call waits for and an event loop gives.
//
// Shared by the two: the call, on the thread that runs the guest, and the loop. It is a Completion
// with one thing more: when the call's task is destroyed, the loop sees that nobody waits any
// longer, and need not send what was not sent yet. Threads: any.
#pragma once

#include <capstan/base/task.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace capstan::service {

template <typename T>
class Pending {
 public:
  Pending() = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  // Gives the answer; later ones are ignored.
  void answer(T value) {
    Waker waiting;
    {
      const std::lock_guard lock(mutex_);
      if (answered_.load(std::memory_order_relaxed)) return;
      value_.emplace(std::move(value));
      answered_.store(true, std::memory_order_release);
      std::swap(waiting, waker_);
    }
    waiting.wake();
  }

  [[nodiscard]] bool answered() const { return answered_.load(std::memory_order_acquire); }
  // Nobody waits for the answer any more.
  [[nodiscard]] bool abandoned() const { return abandoned_.load(std::memory_order_acquire); }

  // Waits for the answer and takes it; for one waiter. `pending` is a Pending<T> or derived.
  static Task<T> wait(std::shared_ptr<Pending> pending) {
    Waiting waiting(std::move(pending));
    base::LeafAwaiter<Waiting> awaiter{waiting};
    co_return co_await awaiter;
  }

 private:
  class Waiting final : public base::Leaf {
   public:
    explicit Waiting(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
      pending_->abandoned_.store(true, std::memory_order_release);
      Waker forgotten;  // ends after the lock: what a waker owns may use this
      const std::lock_guard lock(pending_->mutex_);
      std::swap(pending_->waker_, forgotten);
    }
    bool ready(const Waker& waker) override {
      if (pending_->answered()) return true;
      Waker replaced = waker;  // the old one ends after the lock
      const std::lock_guard lock(pending_->mutex_);
      if (pending_->answered()) return true;
      std::swap(pending_->waker_, replaced);
      return false;
    }
    T take() {
      const std::lock_guard lock(pending_->mutex_);
      return *std::move(pending_->value_);
    }

   private:
    std::shared_ptr<Pending> pending_;  // shared with the event loop
  };

  std::mutex mutex_;
  std::atomic<bool> answered_ = false;
  std::atomic<bool> abandoned_ = false;
  std::optional<T> value_;
  Waker waker_;
};

}  // namespace capstan::service
