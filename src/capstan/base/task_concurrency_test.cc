// Tasks, completions and wake-ups with real threads; also run under ThreadSanitizer.
#include <capstan/base/task.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace capstan {
namespace {

constexpr int rounds = 2'000;

Task<int> twice(Task<int> task) { co_return 2 * co_await std::move(task); }

TEST(TaskConcurrency, AValueFromAnotherThread) {
  for (int i = 0; i < rounds / 10; ++i) {
    Completion<std::string> completion;
    std::thread other([completion]() mutable { completion.complete("from the other thread"); });

    EXPECT_EQ(block_on(completion.wait()), "from the other thread");

    other.join();
  }
}

// Two threads that answer each other through completions: a lost wake-up would hang.
TEST(TaskConcurrency, NoWakeUpIsLost) {
  std::vector<Completion<int>> there(rounds);
  std::vector<Completion<int>> back(rounds);
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      const auto at = static_cast<std::size_t>(i);
      back[at].complete(block_on(there[at].wait()) + 1);
    }
  });

  for (int i = 0; i < rounds; ++i) {
    const auto at = static_cast<std::size_t>(i);
    there[at].complete(i);
    EXPECT_EQ(block_on(twice(back[at].wait())), 2 * (i + 1));
  }
  other.join();
}

TEST(TaskConcurrency, ManyDeliverAndOneWins) {
  for (int i = 0; i < rounds / 20; ++i) {
    Completion<int> completion;
    std::vector<std::thread> threads;
    for (int n = 1; n <= 3; ++n)
      threads.emplace_back([completion, n]() mutable { completion.complete(n); });

    const int got = block_on(completion.wait());

    for (std::thread& thread : threads) thread.join();
    EXPECT_GE(got, 1);
    EXPECT_LE(got, 3);
  }
}

TEST(TaskConcurrency, AWaiterIsDestroyedWhileTheValueArrives) {
  for (int i = 0; i < rounds / 10; ++i) {
    Completion<std::string> completion;
    std::atomic<int> woken = 0;
    std::thread other;
    {
      Task<std::string> task = completion.wait();
      EXPECT_FALSE(task.poll(Waker([&] { ++woken; })));
      other =
          std::thread([completion]() mutable { completion.complete("too late, or just in time"); });
    }
    other.join();
    EXPECT_LE(woken, 1);
  }
}

// A task may continue on another thread after each poll, as the engine does with fibers.
TEST(TaskConcurrency, ATaskWandersBetweenThreads) {
  std::vector<Completion<int>> steps(50);
  const auto sum = [](std::vector<Completion<int>>& all) -> Task<int> {
    int total = 0;
    for (Completion<int>& step : all) total += co_await step.wait();
    co_return total;
  };
  Task<int> task = sum(steps);

  for (Completion<int>& step : steps) {
    EXPECT_FALSE(task.poll(Waker()));
    std::thread([&] { step.complete(1); }).join();
    std::thread([&] { (void)task.poll(Waker()); }).join();
  }

  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 50);
}

TEST(TaskConcurrency, AnExceptionAfterAWakeUpReachesTheBlockedThread) {
  Completion<int> completion;
  const auto work = [](Completion<int> number) -> Task<> {
    if (co_await number.wait() == 0) throw std::runtime_error("zero");
  };
  std::thread other([completion]() mutable { completion.complete(0); });

  EXPECT_THROW(block_on(work(completion)), std::runtime_error);

  other.join();
}

// Many threads wake one parker; each round must end, and none may end without a wake-up.
TEST(ParkerConcurrency, WakeUpsFromManyThreads) {
  base::Parker parker;
  std::atomic<int> sent = 0;
  int seen = 0;
  std::vector<std::thread> threads;
  for (int n = 0; n < 3; ++n) {
    threads.emplace_back([&, waker = parker.waker()] {
      for (int i = 0; i < rounds / 10; ++i) {
        ++sent;
        waker.wake();
      }
    });
  }

  while (seen < 3 * (rounds / 10)) {
    parker.park();
    const int now = sent;
    EXPECT_GE(now, seen);
    seen = now;
  }

  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace capstan
