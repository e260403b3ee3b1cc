// What services share, from many threads at once: also run under ThreadSanitizer.
#include <capstan/backend/service/event_loop.h>
#include <capstan/backend/service/in_flight.h>
#include <capstan/backend/service/pending.h>
#include <capstan/base/task.h>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace capstan::service {
namespace {

constexpr int threads_count = 8;
constexpr int rounds = 2000;

void in_threads(const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < threads_count; ++t) threads.emplace_back(work, t);
  for (std::thread& thread : threads) thread.join();
}

TEST(ServiceConcurrency, EveryPostFromEveryThreadRunsOnce) {
  auto loop = EventLoop::start("test").value();
  int sum = 0;  // the loop's

  in_threads([&](int) {
    for (int i = 0; i < rounds; ++i) loop->post([&sum] { ++sum; });
  });
  loop.reset();

  EXPECT_EQ(sum, threads_count * rounds);
}

TEST(ServiceConcurrency, NoMoreAreUnderWayThanThereArePlaces) {
  InFlight flight({.most = 3});
  std::atomic<int> under_way = 0;
  std::atomic<int> most = 0;
  const Deadline later = Deadline::after(std::chrono::hours(1));

  in_threads([&](int) {
    for (int i = 0; i < rounds; ++i) {
      auto place = block_on(flight.enter(later));
      ASSERT_TRUE(place.has_value());
      const int now = ++under_way;
      int before = most;
      while (before < now && !most.compare_exchange_weak(before, now)) {
      }
      --under_way;
    }
  });

  EXPECT_LE(most, 3);
  EXPECT_TRUE(flight.enter(later).done());
}

TEST(ServiceConcurrency, TasksThatAreDestroyedWhileTheyWaitLoseNoPlace) {
  InFlight flight({.most = 2});
  const Deadline later = Deadline::after(std::chrono::hours(1));

  in_threads([&](int thread) {
    const Waker nobody;
    for (int i = 0; i < rounds; ++i) {
      auto entering = flight.enter(later);
      if (thread % 2 == 0) {
        (void)entering.poll(nobody);  // and forgets it
      } else {
        ASSERT_TRUE(block_on(std::move(entering)).has_value());
      }
    }
  });
  auto one = flight.enter(later);
  auto two = flight.enter(later);

  EXPECT_TRUE(one.done());
  EXPECT_TRUE(two.done());
}

TEST(ServiceConcurrency, AnswersReachWhoeverStillWaits) {
  auto loop = EventLoop::start("test").value();
  std::atomic<int> abandoned = 0;

  in_threads([&](int thread) {
    for (int i = 0; i < rounds; ++i) {
      auto pending = std::make_shared<Pending<int>>();
      auto waiting = Pending<int>::wait(pending);
      loop->post([pending, i, &abandoned] {
        abandoned += pending->abandoned() ? 1 : 0;
        pending->answer(i);
      });
      if ((i + thread) % 3 == 0) {
        (void)waiting.poll(Waker());
        continue;
      }
      ASSERT_EQ(block_on(std::move(waiting)), i);
    }
  });
  loop.reset();

  EXPECT_LE(abandoned, threads_count * rounds);
}

}  // namespace
}  // namespace capstan::service
