// Task<T>: work that finishes later, as a lazily started coroutine.
//
//   Task<int> answer() { co_return 42; }
//   Task<int> twice() { co_return 2 * co_await answer(); }
//   int n = block_on(twice());
//
// A task makes progress only inside poll(), on the thread that polls it: its code never runs on two
// threads, and never on a thread its owner did not choose. What it waits for (a Completion, an
// engine call) may finish on any thread and then wakes whoever polled last; nobody polls in a loop.
// A task can be awaited by another task, polled by an event loop of your own, or waited for with
// block_on. Destroying a task that is not finished cancels it: its locals are destroyed where it
// stands.
//
// A plain T converts to a finished Task<T>, without a coroutine and without an allocation.
// An exception that leaves the coroutine is kept and thrown again by take() (and by co_await).
//
// Threads: a Task belongs to one thread at a time; a Completion may be completed from any thread.
#pragma once

#include <capstan/base/check.h>
#include <capstan/base/waker.h>

#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

namespace capstan {

template <typename T>
class Task;

namespace base {

// What a suspended chain of coroutines waits for. `ready` is asked on every poll, with the waker to
// call later when the answer is no.
class Leaf {
 public:
  virtual bool ready(const Waker& waker) = 0;

 protected:
  ~Leaf() = default;
};

// Shared by all coroutines of one chain, owned by the outermost task.
struct Chain {
  std::coroutine_handle<> resume_point;
  Leaf* leaf = nullptr;
  const Waker* waker = nullptr;  // during poll() only
};

struct PromiseBase {
  Chain* chain = nullptr;
  std::coroutine_handle<> continuation;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) const noexcept {
      const auto next = self.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
};

// Unit for Task<void>, so that one implementation serves both.
template <typename T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <typename T>
struct Promise : PromiseBase {
  std::variant<std::monostate, Stored<T>, std::exception_ptr> outcome;

  Task<T> get_return_object();
  template <typename U = T>  // the default: co_return {}
  void return_value(U&& value) {
    outcome.template emplace<1>(std::forward<U>(value));
  }
  void unhandled_exception() { outcome.template emplace<2>(std::current_exception()); }
};

template <>
struct Promise<void> : PromiseBase {
  std::variant<std::monostate, std::monostate, std::exception_ptr> outcome;

  Task<void> get_return_object();
  void return_void() { outcome.emplace<1>(); }
  void unhandled_exception() { outcome.emplace<2>(std::current_exception()); }
};

}  // namespace base

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = base::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  // A finished task.
  template <typename U = T>
    requires(!std::is_void_v<T> && std::is_convertible_v<U, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Task>)
  Task(U&& value)
      : value_(std::in_place, std::forward<U>(value)) {}  // NOLINT: meant to be implicit

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept
      : handle_(std::exchange(other.handle_, {})),
        value_(std::move(other.value_)),
        chain_(std::move(other.chain_)) {
    other.value_.reset();
  }
  Task& operator=(Task&& other) noexcept {
    Task taken(std::move(other));
    std::swap(handle_, taken.handle_);
    std::swap(value_, taken.value_);
    std::swap(chain_, taken.chain_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Runs until the task is finished (true) or waits for something (false); then `waker` is called
  // when another poll is worth while. A spurious poll does no harm.
  bool poll(const Waker& waker) {
    if (done()) return true;
    if (!chain_) {
      chain_ = std::make_unique<base::Chain>();
      chain_->resume_point = handle_;
      handle_.promise().chain = chain_.get();
    }
    if (chain_->leaf != nullptr) {
      if (!chain_->leaf->ready(waker)) return false;
      chain_->leaf = nullptr;
    }
    chain_->waker = &waker;
    const auto next = std::exchange(chain_->resume_point, {});
    CAPSTAN_CHECK(next, "a task awaits something that is neither a Task nor a Completion");
    next.resume();
    chain_->waker = nullptr;
    return done();
  }

  [[nodiscard]] bool done() const { return value_.has_value() || !handle_ || handle_.done(); }

  // The result of a finished task, once. Throws what the coroutine threw.
  T take() {
    CAPSTAN_CHECK(done(), "the task is not finished");
    CAPSTAN_CHECK(value_ || handle_, nothing_to_take);
    if constexpr (!std::is_void_v<T>) {
      if (value_) {
        T value = *std::move(value_);
        value_.reset();
        return value;
      }
    }
    return take_from(handle_.promise());
  }

  // co_await inside another task.
  struct Awaiter {
    Task& task;
    bool await_ready() const noexcept { return task.done(); }
    template <typename P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> parent) const noexcept {
      CAPSTAN_CHECK(!task.chain_, "a task that was already polled is awaited");
      auto& promise = task.handle_.promise();
      promise.chain = parent.promise().chain;
      promise.continuation = parent;
      return task.handle_;
    }
    T await_resume() const { return task.take(); }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{*this}; }

 private:
  static T take_from(promise_type& promise) {
    if (auto* thrown = std::get_if<2>(&promise.outcome)) std::rethrow_exception(*thrown);
    CAPSTAN_CHECK(promise.outcome.index() == 1, nothing_to_take);
    auto value = std::get<1>(std::move(promise.outcome));
    promise.outcome.template emplace<0>();
    if constexpr (!std::is_void_v<T>) return value;
  }
  static constexpr const char* nothing_to_take =
      "the result was taken before, or the task was moved away";

  Handle handle_;
  std::optional<base::Stored<T>> value_;
  std::unique_ptr<base::Chain> chain_;  // only in the outermost task; address must not change
};

namespace base {
template <typename T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// Awaits a leaf: `L` is a Leaf with `take()`, asked once it is ready.
template <typename L>
struct LeafAwaiter {
  L& leaf;
  bool await_ready() const noexcept { return false; }
  template <typename P>
  bool await_suspend(std::coroutine_handle<P> self) const {
    Chain& chain = *self.promise().chain;
    if (leaf.ready(*chain.waker)) return false;
    chain.leaf = &leaf;
    chain.resume_point = self;
    return true;
  }
  decltype(auto) await_resume() const { return leaf.take(); }
};
}  // namespace base

// The bridge from callbacks to tasks: a value that somebody delivers later, from any thread.
//
//   Completion<int> later;
//   start_something([later](int n) mutable { later.complete(n); });
//   int n = co_await later.wait();
//
// Copies share one value. It is delivered once; later deliveries are ignored, and a waiting task
// that was destroyed meanwhile simply does not hear of it.
template <typename T>
class Completion {
 public:
  Completion() : state_(std::make_shared<State>()) {}

  void complete(T value) {
    Waker waiting;
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->delivered) return;
      state_->delivered = true;
      state_->value.emplace(std::move(value));
      waiting = std::move(state_->waker);
    }
    waiting.wake();
  }

  // Waits for the value and takes it; for one waiter.
  [[nodiscard]] Task<T> wait() const { return wait_for(state_); }

 private:
  struct State {
    std::mutex mutex;
    bool delivered = false;
    std::optional<T> value;
    Waker waker;
    const void* waiter = nullptr;  // whose waker that is
  };
  class Waiting final : public base::Leaf {
   public:
    explicit Waiting(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
      Waker forgotten;  // ends after the lock: what a waker owns may use this completion
      const std::lock_guard lock(state_->mutex);
      if (state_->waiter == this) std::swap(state_->waker, forgotten);
    }
    bool ready(const Waker& waker) override {
      Waker replaced = waker;  // the old one ends after the lock
      const std::lock_guard lock(state_->mutex);
      if (state_->value) return true;
      std::swap(state_->waker, replaced);
      state_->waiter = this;
      return false;
    }
    T take() {
      const std::lock_guard lock(state_->mutex);
      return *std::move(state_->value);
    }

   private:
    std::shared_ptr<State> state_;
  };

  // The coroutine owns the state, so that neither this object nor any copy need live until the
  // first poll.
  static Task<T> wait_for(std::shared_ptr<State> state) {
    Waiting waiting(std::move(state));
    base::LeafAwaiter<Waiting> awaiter{waiting};
    co_return co_await awaiter;
  }

  std::shared_ptr<State> state_;
};

// Runs a task to its end on this thread, sleeping while it waits.
template <typename T>
T block_on(Task<T> task) {
  base::Parker parker;
  const Waker waker = parker.waker();
  while (!task.poll(waker)) parker.park();
  return task.take();
}

}  // namespace capstan
