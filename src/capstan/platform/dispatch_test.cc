#include <capstan/platform/dispatch.h>

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace capstan::platform {
namespace {

Task<void> count_to(std::atomic<int>* counter) {
  ++*counter;
  co_return;
}

Task<void> wait_and_count(Completion<int> later, std::atomic<int>* counter) {
  Task<int> waiting = later.wait();
  *counter += co_await std::move(waiting);
}

TEST(Dispatcher, EverythingThatIsPostedRuns) {
  std::atomic<int> counter = 0;
  Dispatcher dispatcher({.threads = 3, .in_flight_max = 5});

  for (int i = 0; i < 1000; ++i) dispatcher.post([&] { return count_to(&counter); });
  dispatcher.drain();

  EXPECT_EQ(counter, 1000);
  EXPECT_EQ(dispatcher.posted(), 1000);
}

TEST(Dispatcher, OneThreadWorksOnManyThatWait) {
  std::atomic<int> counter = 0;
  std::vector<Completion<int>> later(50);
  Dispatcher dispatcher({.threads = 1, .in_flight_max = 50});
  for (const Completion<int>& one : later)
    dispatcher.post([&counter, one] { return wait_and_count(one, &counter); });

  // The last one first: those before it wait all the time.
  for (auto one = later.rbegin(); one != later.rend(); ++one) one->complete(1);
  dispatcher.drain();

  EXPECT_EQ(counter, 50);
}

TEST(Dispatcher, NoMoreThanAllowedAreInFlight) {
  std::atomic<int> started = 0;
  std::atomic<int> finished = 0;
  Completion<int> first;
  Dispatcher dispatcher({.threads = 2, .in_flight_max = 1});
  dispatcher.post([&] { return wait_and_count(first, &finished); });
  dispatcher.post([&] { return count_to(&started); });

  std::this_thread::yield();
  EXPECT_EQ(started, 0);
  first.complete(1);
  dispatcher.drain();

  EXPECT_EQ(started, 1);
}

TEST(Dispatcher, WorkMayPostMore) {
  std::atomic<int> counter = 0;
  Dispatcher dispatcher({.threads = 2, .in_flight_max = 2});
  dispatcher.post([&] {
    for (int i = 0; i < 10; ++i) dispatcher.post([&] { return count_to(&counter); });
    return count_to(&counter);
  });

  dispatcher.drain();

  EXPECT_EQ(counter, 11);
}

TEST(Dispatcher, ItsEndCancelsWhatWaits) {
  std::atomic<int> counter = 0;
  auto held = std::make_shared<int>(1);
  Completion<int> never;
  {
    Dispatcher dispatcher({.threads = 1, .in_flight_max = 1});
    for (int i = 0; i < 3; ++i)
      dispatcher.post([&counter, never, held] { return wait_and_count(never, &counter); });
  }

  never.complete(1);  // wakes nobody any more

  EXPECT_EQ(counter, 0);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace capstan::platform
