#include <capstan/base/pool.h>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace capstan {

struct BlockingPool::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> queue;
  bool ending = false;

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return ending || !queue.empty(); });
      if (queue.empty()) return;
      std::function<void()> next = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      next();
      next = nullptr;  // what it owns ends without the lock
      lock.lock();
    }
  }
};

BlockingPool::BlockingPool(const Options& options) : state_(std::make_shared<State>()) {
  for (std::size_t i = 0; i < options.threads; ++i)
    threads_.emplace_back([state = state_] { state->work(); });
}

BlockingPool::~BlockingPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->changed.notify_all();
  for (std::thread& thread : threads_) {
    // The last owner of a pool may be a piece of its work: that thread finishes on its own.
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();
    } else {
      thread.join();
    }
  }
}

void BlockingPool::post(std::function<void()> work) {
  const std::shared_ptr<State> state = state_;  // the work may end the pool before this returns
  {
    const std::lock_guard lock(state->mutex);
    state->queue.push_back(std::move(work));
  }
  state->changed.notify_one();
}

}  // namespace capstan
