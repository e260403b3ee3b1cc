#include <capstan/base/timer.h>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace {

using capstan::Timer;
using std::chrono::milliseconds;

TEST(Timer, WhatIsWantedSoonerIsCalledFirst) {
  std::promise<std::vector<int>> called;
  std::vector<int> order;
  Timer timer;

  timer.after(milliseconds(60), [&] {
    order.push_back(2);
    called.set_value(order);
  });
  timer.after(milliseconds(1), [&] { order.push_back(1); });

  EXPECT_EQ(called.get_future().get(), (std::vector{1, 2}));
}

TEST(Timer, WhatIsCancelledIsNotCalled) {
  std::promise<void> later;
  std::atomic<bool> called = false;
  Timer timer;

  timer.cancel(timer.after(milliseconds(5), [&] { called = true; }));
  timer.after(milliseconds(30), [&] { later.set_value(); });

  later.get_future().wait();
  EXPECT_FALSE(called);
}

TEST(Timer, WhatIsLeftIsDroppedAtTheEnd) {
  auto held = std::make_shared<int>(1);
  {
    Timer timer;
    timer.after(std::chrono::hours(1), [held] {});
  }

  EXPECT_EQ(held.use_count(), 1);
}

TEST(Timer, ACallMayEndItsOwnTimer) {
  std::promise<void> ended;
  auto timer = std::make_unique<Timer>();

  timer->after(milliseconds(1), [&] {
    timer.reset();
    ended.set_value();
  });

  ended.get_future().wait();
  EXPECT_EQ(timer, nullptr);
}

TEST(Timer, ManyThreadsUseIt) {
  std::atomic<int> called = 0;
  {
    std::promise<void> all;
    Timer timer;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) {
          timer.after(milliseconds(i % 3), [&] {
            if (++called == 400) all.set_value();
          });
          timer.cancel(timer.after(milliseconds(1000), [] {}));
        }
      });
    all.get_future().wait();
  }

  EXPECT_EQ(called, 400);
}

}  // namespace
