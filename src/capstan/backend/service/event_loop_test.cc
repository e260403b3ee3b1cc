#include <capstan/backend/service/event_loop.h>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>
#include <vector>

namespace capstan::service {
namespace {

std::unique_ptr<EventLoop> started() { return EventLoop::start("test-loop").value(); }

// Runs `work` on the loop and waits for it.
void in(EventLoop& loop, const std::function<void()>& work) {
  std::promise<void> done;
  loop.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

TEST(EventLoop, RunsWhatIsPostedInOrderOnItsThread) {
  const auto loop = started();
  std::vector<int> order;
  bool inside = false;

  for (int i = 0; i < 100; ++i) loop->post([&order, i] { order.push_back(i); });
  in(*loop, [&] { inside = loop->in_loop(); });

  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop->in_loop());
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(EventLoop, EndingItRunsWhatWasPosted) {
  int ran = 0;
  {
    const auto loop = started();
    for (int i = 0; i < 1000; ++i) loop->post([&ran] { ++ran; });
  }
  EXPECT_EQ(ran, 1000);
}

TEST(EventLoop, WhatIsPostedAfterItsEndIsDropped) {
  auto loop = started();
  const EventLoop::Poster poster = loop->poster();
  loop.reset();
  const auto owned = std::make_shared<int>(1);

  poster.post([owned] { FAIL(); });

  EXPECT_EQ(owned.use_count(), 1);
}

TEST(EventLoop, TimersRunInTheOrderOfTheirTimes) {
  const auto loop = started();
  std::vector<int> order;
  std::promise<void> done;
  loop->post([&] {
    const TimePoint now = Clock::now();
    loop->at(now + Milliseconds(2), [&] { order.push_back(2); });
    loop->at(now, [&] { order.push_back(1); });
    const auto cancelled = loop->at(now + Milliseconds(1), [&] { order.push_back(9); });
    loop->at(now + Milliseconds(3), [&] { done.set_value(); });
    loop->cancel(cancelled);
    loop->cancel(cancelled);
  });
  done.get_future().wait();

  EXPECT_EQ(order, (std::vector{1, 2}));
}

class Reader final : public EventLoop::Watcher {
 public:
  Reader(EventLoop& loop, int descriptor) : loop_(loop), descriptor_(descriptor) {}
  void readable() override {
    char byte = 0;
    if (::read(descriptor_, &byte, 1) == 1) {
      text_ += byte;
    } else {
      loop_.unwatch(watch);
      ended_.set_value();
    }
  }
  void writable() override { loop_.change(watch, {.read = true, .write = false}); }
  std::string text() {
    ended_.get_future().wait();
    return text_;
  }
  EventLoop::Watch watch = 0;

 private:
  EventLoop& loop_;
  int descriptor_;
  std::string text_;
  std::promise<void> ended_;
};

TEST(EventLoop, TellsWhenADescriptorIsReadyUntilItEnds) {
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  const auto loop = started();
  Reader reader(*loop, pair[0]);

  in(*loop,
     [&] { reader.watch = loop->watch(pair[0], {.read = true, .write = true}, reader).value(); });
  ASSERT_EQ(::write(pair[1], "hello", 5), 5);
  ::close(pair[1]);

  EXPECT_EQ(reader.text(), "hello");
  ::close(pair[0]);
}

}  // namespace
}  // namespace capstan::service
