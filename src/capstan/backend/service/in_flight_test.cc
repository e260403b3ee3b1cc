#include <capstan/backend/service/in_flight.h>

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace capstan::service {
namespace {

const Deadline later = Deadline::after(std::chrono::hours(1));
const Waker nobody;

TEST(InFlight, GivesPlacesAtOnceWhileThereAreSome) {
  InFlight flight({.most = 2});
  auto one = flight.enter(later);
  auto two = flight.enter(later);

  EXPECT_TRUE(one.done());
  EXPECT_TRUE(two.take().has_value());
}

TEST(InFlight, TheNextOneWaitsUntilAPlaceIsGivenBack) {
  InFlight flight({.most = 1});
  std::optional<InFlight::Place> place = *flight.enter(later).take();
  int woken = 0;
  auto next = flight.enter(later);

  EXPECT_FALSE(next.poll(Waker([&] { ++woken; })));
  place.reset();

  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(next.poll(nobody));
  EXPECT_TRUE(next.take().has_value());
}

TEST(InFlight, PlacesGoToWhoCameFirst) {
  InFlight flight({.most = 1});
  auto place = *flight.enter(later).take();
  auto first = flight.enter(later);
  auto second = flight.enter(later);
  EXPECT_FALSE(first.poll(nobody));
  EXPECT_FALSE(second.poll(nobody));

  place.give_back();

  EXPECT_FALSE(second.poll(nobody));
  EXPECT_TRUE(first.poll(nobody));
}

TEST(InFlight, WhoseDeadlinePassesIsRefused) {
  InFlight flight({.most = 1});
  const auto place = flight.enter(later).take();
  const Deadline soon(Clock::now());
  auto waiting = flight.enter(soon);
  auto patient = flight.enter(later);
  EXPECT_FALSE(waiting.poll(nobody));
  EXPECT_FALSE(patient.poll(nobody));

  EXPECT_TRUE(flight.expire(Clock::now()));

  ASSERT_TRUE(waiting.poll(nobody));
  EXPECT_EQ(waiting.take().error(), InFlight::Refusal::late);
  EXPECT_FALSE(patient.poll(nobody));
}

TEST(InFlight, TooManyWhoWaitAreRefusedAtOnce) {
  InFlight flight({.most = 1, .waiting_most = 1});
  const auto place = flight.enter(later).take();
  auto waiting = flight.enter(later);
  EXPECT_FALSE(waiting.poll(nobody));

  auto refused = flight.enter(later);

  ASSERT_TRUE(refused.poll(nobody));
  EXPECT_EQ(refused.take().error(), InFlight::Refusal::full);
}

TEST(InFlight, APlaceGrantedToATaskThatIsDestroyedIsPassedOn) {
  InFlight flight({.most = 1});
  auto place = *flight.enter(later).take();
  std::optional<Task<InFlight::Entered>> cancelled = flight.enter(later);
  std::optional<Task<InFlight::Entered>> left = flight.enter(later);
  auto next = flight.enter(later);
  for (auto* task : {&*cancelled, &*left, &next}) EXPECT_FALSE(task->poll(nobody));

  left.reset();
  place.give_back();
  cancelled.reset();

  EXPECT_TRUE(next.poll(nobody));
  EXPECT_TRUE(next.take().has_value());
}

}  // namespace
}  // namespace capstan::service
