#include <capstan/backend/service/backoff.h>

#include <gtest/gtest.h>

namespace capstan::service {
namespace {

constexpr Backoff::Options options = {
    .first = Milliseconds(100), .most = Milliseconds(350), .seed = 7};

void expect_between(Milliseconds wait, int least, int most) {
  EXPECT_GE(wait.count(), least);
  EXPECT_LE(wait.count(), most);
}

TEST(Backoff, DoublesUntilTheLongestWait) {
  Backoff backoff(options);

  expect_between(backoff.next(), 50, 100);
  expect_between(backoff.next(), 100, 200);
  expect_between(backoff.next(), 175, 350);
  expect_between(backoff.next(), 175, 350);
}

TEST(Backoff, BeginsAnewAfterASuccess) {
  Backoff backoff(options);
  (void)backoff.next();
  (void)backoff.next();

  backoff.reset();

  expect_between(backoff.next(), 50, 100);
}

TEST(Backoff, DiffersFromOneToTheOther) {
  Backoff one(options);
  Backoff other({.first = options.first, .most = options.most, .seed = 8});
  bool differs = false;
  for (int i = 0; i < 20; ++i) differs |= one.next() != other.next();

  EXPECT_TRUE(differs);
}

TEST(Backoff, NeverWaitsLongerThanAllowedEvenTheFirstTime) {
  Backoff backoff({.first = Milliseconds(100), .most = Milliseconds(1), .seed = 1});

  expect_between(backoff.next(), 1, 1);
}

}  // namespace
}  // namespace capstan::service
