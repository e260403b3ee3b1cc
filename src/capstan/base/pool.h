// BlockingPool: threads for work that blocks, so that threads that run guests need not.
//
//   Task<Result<int>> rows = run_blocking(pool, [=] { return database->count(); });
//
// Client libraries that only know how to block are called through it. The threads are bounded; what
// waits for one is bounded by the calls in progress, each of which posts one piece of work and
// waits for it. Work that was posted is done, also when its task was destroyed meanwhile. Threads:
// all functions may be called from any thread.
#pragma once

#include <capstan/base/task.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace capstan {

class BlockingPool {
 public:
  struct Options {
    std::size_t threads = 4;
  };
  explicit BlockingPool(const Options& options);
  BlockingPool() : BlockingPool(Options()) {}
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  // Finishes what was posted; called by a piece of that work, leaves the rest to its own thread.
  ~BlockingPool();

  // Runs `work` on one of the threads, later. It must not throw.
  void post(std::function<void()> work);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the threads
  std::vector<std::thread> threads_;
};

// The result of `work`, which runs on the pool; without a pool it runs here and now, and the task
// is finished.
template <typename Work, typename T = std::invoke_result_t<Work>>
Task<T> run_blocking(BlockingPool* pool, Work work) {
  if (pool == nullptr) return work();
  Completion<T> later;
  pool->post([later, work = std::move(work)]() mutable { later.complete(work()); });
  return later.wait();
}

}  // namespace capstan
