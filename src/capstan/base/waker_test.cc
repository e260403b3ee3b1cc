#include <capstan/base/waker.h>
#include <gtest/gtest.h>

#include <optional>

namespace capstan {
namespace {

TEST(Waker, CallsItsFunctionEachTime) {
  int woken = 0;
  const Waker waker([&] { ++woken; });

  waker.wake();
  waker.wake();

  EXPECT_EQ(woken, 2);
}

TEST(Waker, CopiesReferToTheSameWaiter) {
  int woken = 0;
  std::optional<Waker> first(Waker([&] { ++woken; }));
  const Waker copy = *first;
  first.reset();

  copy.wake();

  EXPECT_EQ(woken, 1);
}

TEST(Waker, AnEmptyOneDoesNothing) {
  const Waker waker;

  waker.wake();
}

TEST(Parker, AWakeUpBeforeParkIsNotLost) {
  base::Parker parker;
  parker.waker().wake();
  parker.waker().wake();

  parker.park();  // returns at once
}

TEST(Parker, ItsWakerMayOutliveIt) {
  Waker waker;
  {
    const base::Parker parker;
    waker = parker.waker();
  }

  waker.wake();
}

}  // namespace
}  // namespace capstan
