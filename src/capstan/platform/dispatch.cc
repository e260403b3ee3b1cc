#include <capstan/platform/dispatch.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace capstan::platform {

struct Dispatcher::State : std::enable_shared_from_this<State> {
  explicit State(const Options& options_in) : options(options_in) {}

  // A task that has started; it belongs to one thread.
  struct Running {
    explicit Running(Task<void> task_in) : task(std::move(task_in)) {}
    Task<void> task;
    Waker waker;
  };
  // One thread's part. `ready` and `sleeping` are protected by the mutex.
  struct Worker {
    std::condition_variable changed;
    std::vector<Running*> ready;  // woken since they were polled last
    std::vector<std::unique_ptr<Running>> running;
  };

  const Options options;
  std::mutex mutex;
  std::condition_variable idle;
  std::deque<Work> waiting;
  std::size_t in_flight = 0;
  std::uint64_t posted = 0;
  bool ending = false;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;

  // The waker's state outlives the task: it is asked whether the task is still there.
  Waker waker_of(Worker& worker, Running& running) {
    return Waker([weak = weak_from_this(), &worker, &running] {
      const auto state = weak.lock();
      if (state == nullptr) return;
      const std::lock_guard lock(state->mutex);
      const bool alive = std::ranges::any_of(
          worker.running, [&](const auto& one) { return one.get() == &running; });
      if (!alive || std::ranges::find(worker.ready, &running) != worker.ready.end()) return;
      worker.ready.push_back(&running);
      worker.changed.notify_one();
    });
  }

  void wake_all() {
    for (const auto& worker : workers) worker->changed.notify_one();
  }

  // Starts one that waits, if there is room; the caller holds the lock, which is given back for the
  // time in which code of others runs.
  bool start_one(Worker& worker, std::unique_lock<std::mutex>& lock) {
    if (waiting.empty() || in_flight >= options.in_flight_max) return false;
    Work work = std::move(waiting.front());
    waiting.pop_front();
    ++in_flight;
    lock.unlock();
    auto running = std::make_unique<Running>(work());
    work = nullptr;
    running->waker = waker_of(worker, *running);
    lock.lock();
    worker.ready.push_back(running.get());
    worker.running.push_back(std::move(running));
    return true;
  }

  void poll(Worker& worker, Running& running, std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const bool done = running.task.poll(running.waker);
    lock.lock();
    if (!done) return;
    const auto place = std::ranges::find_if(worker.running,
                                            [&](const auto& one) { return one.get() == &running; });
    std::unique_ptr<Running> finished = std::move(*place);
    worker.running.erase(place);
    std::erase(worker.ready, finished.get());
    lock.unlock();
    finished.reset();  // ends without the lock
    lock.lock();
    --in_flight;
    if (in_flight == 0 && waiting.empty()) idle.notify_all();
    if (!waiting.empty()) wake_all();
  }

  void work(Worker& worker) {
    std::unique_lock lock(mutex);
    while (!ending) {
      // What was started first goes first: it is nearer to its end.
      for (Running* running : std::exchange(worker.ready, {})) {
        if (ending) break;
        poll(worker, *running, lock);
      }
      if (ending || start_one(worker, lock) || !worker.ready.empty()) continue;
      worker.changed.wait(lock);
    }
    std::vector<std::unique_ptr<Running>> cancelled = std::move(worker.running);
    worker.ready.clear();
    lock.unlock();
    cancelled.clear();
  }
};

Dispatcher::Dispatcher(const Options& options) : state_(std::make_shared<State>(options)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i)
    state_->workers.push_back(std::make_unique<State::Worker>());
  for (const auto& worker : state_->workers)
    state_->threads.emplace_back(
        [state = state_.get(), worker = worker.get()] { state->work(*worker); });
}

Dispatcher::~Dispatcher() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
    state_->wake_all();
  }
  for (std::thread& thread : state_->threads) thread.join();
  std::deque<Work> dropped;
  const std::lock_guard lock(state_->mutex);
  dropped.swap(state_->waiting);
}

void Dispatcher::post(Work work) {
  const std::lock_guard lock(state_->mutex);
  state_->waiting.push_back(std::move(work));
  ++state_->posted;
  state_->wake_all();
}

bool Dispatcher::drain(Deadline deadline) {
  std::unique_lock lock(state_->mutex);
  const auto done = [this] { return state_->in_flight == 0 && state_->waiting.empty(); };
  if (deadline) return state_->idle.wait_until(lock, *deadline, done);
  state_->idle.wait(lock, done);
  return true;
}

std::uint64_t Dispatcher::posted() const {
  const std::lock_guard lock(state_->mutex);
  return state_->posted;
}

}  // namespace capstan::platform
