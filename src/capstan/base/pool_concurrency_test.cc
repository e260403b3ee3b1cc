#include <capstan/base/pool.h>

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace capstan {
namespace {

TEST(BlockingPool, WorkRunsOnAThreadOfThePool) {
  BlockingPool pool;

  const auto where = block_on(run_blocking(&pool, [] { return std::this_thread::get_id(); }));

  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(BlockingPool, WithoutAPoolTheWorkIsDoneAtOnce) {
  const Task<std::thread::id> task =
      run_blocking(nullptr, [] { return std::this_thread::get_id(); });

  EXPECT_TRUE(task.done());
}

TEST(BlockingPool, EndingItFinishesWhatWasPosted) {
  std::atomic<int> done = 0;
  {
    BlockingPool pool({.threads = 2});
    for (int i = 0; i < 1000; ++i) pool.post([&done] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(BlockingPool, WorkMayBeTheLastToOwnIt) {
  std::atomic<int> done = 0;
  {
    auto pool = std::make_shared<BlockingPool>(BlockingPool::Options{.threads = 2});
    BlockingPool& posted = *pool;
    // The pool ends when this piece of work does.
    posted.post([pool = std::move(pool), &done] { ++done; });
  }
  while (done == 0) std::this_thread::yield();
}

TEST(BlockingPool, WorkWhoseTaskWasDestroyedIsDoneAllTheSame) {
  std::atomic<int> done = 0;
  {
    BlockingPool pool;
    {
      const Task<int> forgotten = run_blocking(&pool, [&done] { return ++done; });
    }
  }
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace capstan
