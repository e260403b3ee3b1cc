#include <capstan/abi/testing.h>
#include <gtest/gtest.h>

#include <functional>

namespace capstan::abi {
namespace {

using fake::Counter;
using fake::Guest;
using fake::Lamp;
using Words = std::vector<std::uint64_t>;

// A resource that does something when it ends.
class Ending {
 public:
  static constexpr std::string_view wit_resource = "test:abi/things.ending";
  explicit Ending(std::function<void()> at_end) : at_end_(std::move(at_end)) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  virtual ~Ending() { at_end_(); }

 private:
  std::function<void()> at_end_;
};

// ---------------------------------------------------------------------------------------------
// table

TEST(HandleTable, FindsWhatWasInserted) {
  int alive = 0;
  HandleTable table(10);
  auto object = std::make_unique<Counter>(alive);
  Counter* const address = object.get();

  const std::uint32_t rep = table.insert(std::move(object));

  EXPECT_NE(rep, 0u);
  EXPECT_EQ(table.find<Counter>(rep), address);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(alive, 1);
}

TEST(HandleTable, KnowsTheTypeOfEachObject) {
  int alive = 0;
  HandleTable table(10);
  const std::uint32_t rep = table.insert(std::make_unique<Counter>(alive));

  EXPECT_EQ(table.find<Lamp>(rep), nullptr);
  EXPECT_EQ(table.take<Lamp>(rep), nullptr);
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(table.size(), 1u);
}

TEST(HandleTable, ConstDoesNotMakeAnotherType) {
  EXPECT_EQ(resource_id<Counter>(), resource_id<const Counter>());
  EXPECT_NE(resource_id<Counter>(), resource_id<Lamp>());
}

TEST(HandleTable, ForeignRepsFindNothing) {
  HandleTable table(10);

  for (const std::uint32_t rep : {0u, 1u, 7u, 0xffff'ffffu}) {
    EXPECT_EQ(table.find<Lamp>(rep), nullptr);
    EXPECT_EQ(table.take<Lamp>(rep), nullptr);
    table.destroy(rep);
  }
  EXPECT_EQ(table.size(), 0u);
}

TEST(HandleTable, TakingGivesTheObjectBack) {
  int alive = 0;
  HandleTable table(10);
  const std::uint32_t rep = table.insert(std::make_unique<Counter>(alive));

  const auto taken = table.take<Counter>(rep);

  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.find<Counter>(rep), nullptr);
  EXPECT_EQ(table.take<Counter>(rep), nullptr);
  table.destroy(rep);
  EXPECT_EQ(alive, 1);
}

TEST(HandleTable, DestroyingEndsTheObjectOnce) {
  int alive = 0;
  HandleTable table(10);
  const std::uint32_t rep = table.insert(std::make_unique<Counter>(alive));

  table.destroy(rep);
  EXPECT_EQ(alive, 0);

  table.destroy(rep);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(table.size(), 0u);
}

TEST(HandleTable, FreeRepsAreUsedAgain) {
  int alive = 0;
  HandleTable table(3);
  const std::uint32_t first = table.insert(std::make_unique<Counter>(alive));
  const std::uint32_t second = table.insert(std::make_unique<Counter>(alive));

  table.destroy(first);
  const std::uint32_t third = table.insert(std::make_unique<Lamp>());

  EXPECT_EQ(third, first);
  EXPECT_EQ(table.find<Counter>(third), nullptr);  // the old object's type does not count
  EXPECT_NE(table.find<Lamp>(third), nullptr);
  EXPECT_NE(table.find<Counter>(second), nullptr);
}

TEST(HandleTable, RefusesMoreThanItsLimit) {
  int alive = 0;
  HandleTable table(2);
  (void)table.insert(std::make_unique<Counter>(alive));
  const std::uint32_t last = table.insert(std::make_unique<Counter>(alive));
  Lamp lamp;

  EXPECT_EQ(table.insert(std::make_unique<Counter>(alive)), 0u);
  EXPECT_EQ(table.lend(lamp), 0u);
  EXPECT_EQ(alive, 2);  // the third was destroyed

  table.destroy(last);
  EXPECT_NE(table.insert(std::make_unique<Counter>(alive)), 0u);
  table.set_handles_max(3);
  EXPECT_NE(table.lend(lamp), 0u);
}

TEST(HandleTable, HoldsNoEmptyObject) {
  HandleTable table(2);

  EXPECT_EQ(table.insert(std::unique_ptr<Lamp>()), 0u);
  EXPECT_EQ(table.size(), 0u);
}

TEST(HandleTable, ManyObjectsEachEndOnce) {
  int alive = 0;
  fake::Random random(3);
  {
    HandleTable table(1000);
    std::vector<std::uint32_t> reps;
    for (int i = 0; i < 5000; ++i) {
      if (reps.empty() || random.below(2) == 0) {
        const std::uint32_t rep = table.insert(std::make_unique<Counter>(alive));
        if (rep != 0) reps.push_back(rep);
      } else {
        std::swap(reps[random.below(reps.size())], reps.back());
        if (random.below(2) == 0) {
          table.destroy(reps.back());
        } else {
          EXPECT_NE(table.take<Counter>(reps.back()), nullptr);
        }
        reps.pop_back();
      }
      ASSERT_EQ(table.size(), reps.size());
      ASSERT_EQ(alive, static_cast<int>(reps.size()));
    }
  }
  EXPECT_EQ(alive, 0);
}

// --------------------------------------------------------------------------------------- end of
// table

TEST(HandleTableEnd, DestroysNewestFirst) {
  std::string order;
  const auto note = [&](char name) {
    return std::make_unique<Ending>([&order, name] { order += name; });
  };
  {
    HandleTable table(10);
    const std::uint32_t a = table.insert(note('a'));
    (void)table.insert(note('b'));
    table.destroy(a);
    (void)table.insert(note('c'));  // in the place of a, but newer than b
    (void)table.insert(note('d'));
  }

  EXPECT_EQ(order, "adcb");
}

TEST(HandleTableEnd, ADestructorMayUseTheTable) {
  std::string order;
  HandleTable table(10);
  const std::uint32_t child = table.insert(std::make_unique<Ending>([&] { order += "child "; }));
  const std::uint32_t parent = table.insert(std::make_unique<Ending>([&] {
    table.destroy(child);
    order += "parent ";
  }));

  table.destroy(parent);

  EXPECT_EQ(order, "child parent ");
  EXPECT_EQ(table.size(), 0u);
}

TEST(HandleTableEnd, WhatADestructorInsertsIsDestroyedToo) {
  std::string order;
  {
    HandleTable table(10);
    (void)table.insert(std::make_unique<Ending>([&] {
      order += "first ";
      (void)table.insert(std::make_unique<Ending>([&] { order += "late "; }));
      (void)table.insert(std::make_unique<Ending>([&] { order += "later "; }));
    }));
    (void)table.insert(std::make_unique<Ending>([&] { order += "second "; }));
  }

  EXPECT_EQ(order, "second first later late ");
}

TEST(HandleTableEnd, ADestructorMayDestroyWhatIsStillToCome) {
  std::string order;
  HandleTable table(10);
  const std::uint32_t child = table.insert(std::make_unique<Ending>([&] { order += "child "; }));
  (void)table.insert(std::make_unique<Ending>([&] {
    order += "parent ";
    table.destroy(child);
  }));

  table.destroy_all();

  EXPECT_EQ(order, "parent child ");
  EXPECT_EQ(table.size(), 0u);
}

TEST(HandleTableEnd, TheTableCanBeUsedAgain) {
  int alive = 0;
  HandleTable table(2);
  (void)table.insert(std::make_unique<Counter>(alive));
  table.destroy_all();

  const std::uint32_t rep = table.insert(std::make_unique<Counter>(alive));

  EXPECT_NE(table.find<Counter>(rep), nullptr);
  EXPECT_EQ(table.size(), 1u);
}

// -------------------------------------------------------------------------------------------
// lending

TEST(Lending, EndsWithItsScope) {
  int alive = 0;
  Counter counter(alive);
  HandleTable table(10);
  const std::size_t outer = table.lent();
  const std::uint32_t first = table.lend(counter);
  const std::size_t inner = table.lent();
  const std::uint32_t second = table.lend(counter);

  table.give_back(inner);
  EXPECT_EQ(table.find<Counter>(second), nullptr);
  EXPECT_EQ(table.find<Counter>(first), &counter);

  table.give_back(outer);
  EXPECT_EQ(table.find<Counter>(first), nullptr);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(alive, 1);
}

TEST(Lending, TheGuestCannotKeepOrDestroyIt) {
  int alive = 0;
  Counter counter(alive);
  HandleTable table(10);
  const std::uint32_t rep = table.lend(counter);

  EXPECT_EQ(table.take<Counter>(rep), nullptr);
  table.destroy(rep);

  EXPECT_EQ(table.find<Counter>(rep), &counter);
  table.give_back(0);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(alive, 1);
}

TEST(Lending, OutlivedByTheTableIsForgotten) {
  int alive = 0;
  Counter counter(alive);
  {
    HandleTable table(10);
    (void)table.lend(counter);
    table.destroy_all();
    EXPECT_EQ(table.size(), 0u);
    table.give_back(0);
    EXPECT_EQ(table.size(), 0u);
  }

  EXPECT_EQ(alive, 1);
}

// -----------------------------------------------------------------------------------------------
// own

TEST(Own, MovesIntoTheGuestAndBack) {
  int alive = 0;
  Guest guest;
  auto object = std::make_unique<Counter>(alive);
  Counter* const address = object.get();

  const auto lowered = guest.lower(object);
  EXPECT_EQ(object, nullptr);
  EXPECT_EQ(lowered.words, Words{1});
  EXPECT_EQ(guest.handles[0].kind, CAPSTAN_OWN);
  EXPECT_EQ(guest.handles[0].resource, resource_id<Counter>());
  EXPECT_EQ(guest.objects().size(), 1u);

  auto lifted = guest.lift<std::unique_ptr<Counter>>(lowered.words);
  EXPECT_EQ((*lifted).get(), address);
  EXPECT_EQ(guest.objects().size(), 0u);
  EXPECT_FALSE(guest.handles[0].held);
  EXPECT_EQ(alive, 1);
}

TEST(Own, DroppedByTheGuestEndsTheObject) {
  int alive = 0;
  Guest guest;
  auto object = std::make_unique<Counter>(alive);
  (void)guest.lower(object);

  guest.drop(1);

  EXPECT_EQ(alive, 0);
}

TEST(Own, InMemoryIsOneNumber) {
  int alive = 0;
  Guest guest;
  auto object = std::make_unique<Counter>(alive);

  const auto stored = guest.store(object);
  auto loaded = guest.load<std::unique_ptr<Counter>>(stored.offset);

  EXPECT_EQ(guest.peek<std::uint32_t>(stored.offset), 1u);
  EXPECT_NE(*loaded, nullptr);
}

TEST(Own, AnEmptyOneCannotBeGiven) {
  Guest guest;
  std::unique_ptr<Counter> nothing;

  const auto lowered = guest.lower(nothing);

  EXPECT_EQ(lowered.message(), "the host gave an empty resource");
  EXPECT_EQ(lowered.failure.code, CAPSTAN_ERROR_HOST);
}

TEST(Own, AFullTableIsReportedAndTheObjectEnds) {
  int alive = 0;
  Guest guest({.handles_max = 1});
  auto first = std::make_unique<Counter>(alive);
  auto second = std::make_unique<Counter>(alive);
  (void)guest.lower(first);

  const auto lowered = guest.lower(second);

  EXPECT_EQ(
      lowered.message(),
      "the guest holds 1 resource handles, the limit; no room for another test:abi/things.counter");
  EXPECT_EQ(lowered.failure.code, CAPSTAN_ERROR_LIMIT);
  EXPECT_EQ(alive, 1);
}

TEST(Own, RefusedByTheGuestEndsTheObject) {
  int alive = 0;
  Guest guest;
  guest.refuses_handles = true;
  auto object = std::make_unique<Counter>(alive);

  const auto lowered = guest.lower(object);

  EXPECT_EQ(lowered.message(), "the guest's table is full");
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(guest.objects().size(), 0u);
}

TEST(Own, AfterAnErrorEndsTheObject) {
  int alive = 0;
  Guest guest;
  std::tuple<std::string, std::unique_ptr<Counter>> value("\xff", std::make_unique<Counter>(alive));

  const auto lowered = guest.lower(value);

  EXPECT_EQ(lowered.message(), "the host gave text that is not UTF-8 (bad sequence at byte 0)");
  EXPECT_EQ(alive, 0);
  EXPECT_TRUE(guest.handles.empty());
}

TEST(Own, ForeignHandlesTrap) {
  Guest guest;

  EXPECT_EQ(guest.lift<std::unique_ptr<Counter>>({5}).message(), "unknown handle index 5");
  EXPECT_EQ(guest.lift<std::unique_ptr<Counter>>({0}).message(), "unknown handle index 0");
}

TEST(Own, OfAnotherTypeTraps) {
  Guest guest;
  const std::uint32_t lamp = guest.own(std::make_unique<Lamp>());

  const auto lifted = guest.lift<std::unique_ptr<Counter>>({lamp});

  EXPECT_EQ(lifted.message(),
            "the guest's handle refers to no test:abi/things.counter of this host");
  EXPECT_EQ(lifted.failure.code, CAPSTAN_ERROR_TRAP);
}

TEST(Own, OfAnObjectThatIsGoneTraps) {
  int alive = 0;
  Guest guest;
  const std::uint32_t index = guest.own(std::make_unique<Counter>(alive));
  guest.objects().destroy_all();

  EXPECT_EQ(guest.lift<std::unique_ptr<Counter>>({index}).message(),
            "the guest's handle refers to no test:abi/things.counter of this host");
}

TEST(Own, TheSameHandleTwiceInOneValueTrapsAndEndsTheObject) {
  int alive = 0;
  Guest guest;
  const std::uint32_t index = guest.own(std::make_unique<Counter>(alive));

  const auto lifted =
      guest.lift<std::tuple<std::unique_ptr<Counter>, std::unique_ptr<Counter>>>({index, index});

  EXPECT_EQ(lifted.message(), "unknown handle index 1");
  EXPECT_EQ(alive, 0);  // the half-lifted value took it along
}

TEST(Own, InListsAndVariants) {
  int alive = 0;
  Guest guest;
  guest.realloc = fake::Realloc::moves_memory;
  using Value = std::vector<std::optional<std::unique_ptr<Counter>>>;
  Value value;
  value.push_back(std::make_unique<Counter>(alive));
  value.push_back(std::nullopt);
  value.push_back(std::make_unique<Counter>(alive));

  const auto lowered = guest.lower(value);
  const auto lifted = guest.lift<Value>(lowered.words);

  ASSERT_EQ(lifted.message(), "");
  EXPECT_NE((*lifted.value)[0], std::nullopt);
  EXPECT_EQ((*lifted.value)[1], std::nullopt);
  EXPECT_EQ(alive, 2);
  EXPECT_EQ(guest.objects().size(), 0u);
}

// --------------------------------------------------------------------------------------------
// borrow

TEST(BorrowValue, OfTheGuestsObjectFindsIt) {
  int alive = 0;
  Guest guest;
  guest.lends = true;
  const std::uint32_t index = guest.own(std::make_unique<Counter>(alive));

  auto lifted = guest.lift<Borrow<Counter>>({index});

  EXPECT_EQ((*lifted)->add(3), 3u);
  EXPECT_TRUE(guest.handles[0].held);
  EXPECT_EQ(alive, 1);
}

TEST(BorrowValue, OfAnotherTypeTraps) {
  Guest guest;
  guest.lends = true;
  const std::uint32_t lamp = guest.own(std::make_unique<Lamp>());

  EXPECT_EQ(guest.lift<Borrow<Counter>>({lamp}).message(),
            "the guest's handle refers to no test:abi/things.counter of this host");
}

TEST(BorrowValue, IsLentForOneCall) {
  int alive = 0;
  Guest guest;
  Counter counter(alive);

  const auto lowered = guest.lower(Borrow<Counter>(counter));
  EXPECT_EQ(lowered.words, Words{1});
  EXPECT_EQ(guest.handles[0].kind, CAPSTAN_BORROW);
  EXPECT_EQ(guest.objects().find<Counter>(guest.handles[0].rep), &counter);

  guest.objects().give_back(0);
  EXPECT_EQ(guest.objects().size(), 0u);
  EXPECT_EQ(alive, 1);
}

TEST(BorrowValue, LentByTheHostCanBeLentBack) {
  int alive = 0;
  Guest guest;
  guest.lends = true;
  Counter counter(alive);
  const auto lowered = guest.lower(Borrow<Counter>(counter));

  const auto back = guest.lift<Borrow<Counter>>(lowered.words);

  EXPECT_EQ(&back.value->get(), &counter);
}

// The guest claims that it owns what it was only lent.
TEST(BorrowValue, LentByTheHostCannotBeGivenAway) {
  int alive = 0;
  Guest guest;
  Counter counter(alive);
  const auto lowered = guest.lower(Borrow<Counter>(counter));

  EXPECT_EQ(guest.lift<std::unique_ptr<Counter>>(lowered.words).message(),
            "the guest's handle refers to no test:abi/things.counter of this host");
  EXPECT_EQ(alive, 1);
}

TEST(BorrowValue, AnEmptyOneCannotBeLent) {
  Guest guest;
  const std::unique_ptr<Counter> nothing;

  for (const Borrow<Counter>& empty : {Borrow<Counter>(), Borrow<Counter>(nothing)}) {
    const auto lowered = guest.lower(empty);
    EXPECT_EQ(lowered.message(), "the host lent an empty resource");
    EXPECT_EQ(lowered.failure.code, CAPSTAN_ERROR_HOST);
  }
}

TEST(BorrowValue, AFullTableIsReported) {
  int alive = 0;
  Guest guest({.handles_max = 0});
  Counter counter(alive);

  EXPECT_EQ(
      guest.lower(Borrow<Counter>(counter)).message(),
      "the guest holds 0 resource handles, the limit; no room for another test:abi/things.counter");
}

}  // namespace
}  // namespace capstan::abi
