// Resources of a guest in the hands of the host.
#include "seam.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>

namespace capstan::seam {
namespace {

class Counter : public GuestResource {
 public:
  static constexpr std::string_view wit_resource = "exported test:counters/api@0.2.3.counter";
};

// The same, by a host that was built for an earlier, compatible version.
class EarlierCounter : public GuestResource {
 public:
  static constexpr std::string_view wit_resource = "exported test:counters/api@0.2.0.counter";
};

// A resource that the interface does not have.
class Clock : public GuestResource {
 public:
  static constexpr std::string_view wit_resource = "exported test:counters/api@0.2.3.clock";
};

// What the guest calls while it works on one of its counters.
class Visitor {
 public:
  void visit() {
    if (on_visit) on_visit();
  }
  std::function<void()> on_visit;
};
constexpr abi::FunctionShape visitor_functions[] = {abi::function<&Visitor::visit>("visit")};
constexpr host::InterfaceShape visitor_interface{"test:counters/visitor", visitor_functions, {}};

// The guest's exports by their C++ names.
class Counters {
 public:
  explicit Counters(Guest<>& guest) : guest_(guest) {}

  Result<Counter> make(u32 start) {
    return guest_.call<"test:counters/api@0.2.3#[constructor]counter(start)", Counter(u32)>(start);
  }
  Result<u32> value(Counter& counter) {
    return guest_.call<"test:counters/api@0.2.3#[method]counter.value(self)", u32(Borrow<Counter>)>(
        Borrow<Counter>(counter));
  }
  Result<void> add(Counter& counter, u32 n) {
    return guest_
        .call<"test:counters/api@0.2.3#[method]counter.add(self, n)", void(Borrow<Counter>, u32)>(
            Borrow<Counter>(counter), n);
  }
  Result<Counter> merge(Counter a, Counter b) {
    return guest_
        .call<"test:counters/api@0.2.3#[static]counter.merge(a, b)", Counter(Counter, Counter)>(
            std::move(a), std::move(b));
  }
  Result<u32> take(Counter counter) {
    return guest_.call<"test:counters/api@0.2.3#take(counter)", u32(Counter)>(std::move(counter));
  }
  Result<Counter> echo(Counter counter) {
    return guest_.call<"test:counters/api@0.2.3#echo(counter)", Counter(Counter)>(
        std::move(counter));
  }
  Result<std::vector<Counter>> many(u32 n) {
    return guest_.call<"test:counters/api@0.2.3#many(n)", std::vector<Counter>(u32)>(n);
  }
  Result<u32> total(const std::vector<Borrow<Counter>>& counters) {
    return guest_
        .call<"test:counters/api@0.2.3#total(counters)", u32(std::vector<Borrow<Counter>>)>(
            counters);
  }
  Result<std::optional<Counter>> maybe(u32 start) {
    return guest_.call<"test:counters/api@0.2.3#maybe(start)", std::optional<Counter>(u32)>(start);
  }
  Result<u32> drops() { return guest_.call<"drops", u32()>(); }

 private:
  Guest<>& guest_;
};

class GuestResources : public testing::TestWithParam<const char*> {
 protected:
  GuestResources() {
    must(linker.add(visitor_interface, host::serve_with(visitor)));
    prepared.emplace(must(linker.prepare(load(linker, wat("counters")))));
    guest.emplace(*prepared);
    counters.emplace(*guest);
    witness.emplace(*prepared);
  }

  void expect_witness_answers() {
    Counters others(*witness);
    Counter counter = must(others.make(42));
    EXPECT_THAT(others.value(counter), Gives(42u));
  }

  Visitor visitor;
  Linker<> linker{engine_of_kind(GetParam())};
  std::optional<PreparedComponent<>> prepared;
  std::optional<Guest<>> guest;
  std::optional<Guest<>> witness;
  std::optional<Counters> counters;
};

TEST_P(GuestResources, AreMadeCalledAndDroppedByTheHost) {
  {
    Counter counter = must(counters->make(40));
    EXPECT_TRUE(counter);
    EXPECT_THAT(counters->add(counter, 2), Succeeds());
    EXPECT_THAT(counters->value(counter), Gives(42u));
    EXPECT_THAT(counters->drops(), Gives(0u));
  }
  EXPECT_THAT(counters->drops(), Gives(1u));
}

TEST_P(GuestResources, DropSaysThatItWorkedAndLeavesNothing) {
  Counter counter = must(counters->make(1));

  EXPECT_THAT(counter.drop(), Succeeds());

  EXPECT_FALSE(counter);
  EXPECT_THAT(counter.drop(), Succeeds());
  EXPECT_THAT(counters->drops(), Gives(1u));
}

TEST_P(GuestResources, MovingAHandleMovesTheObject) {
  Counter first = must(counters->make(1));
  Counter second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT: what is left is part of the interface

  Counter third = must(counters->make(3));
  third = std::move(second);

  EXPECT_THAT(counters->drops(), Gives(1u));
  EXPECT_THAT(counters->value(third), Gives(1u));
}

TEST_P(GuestResources, AreGivenBackAsOwn) {
  Counter merged = must(counters->merge(must(counters->make(20)), must(counters->make(22))));
  EXPECT_THAT(counters->value(merged), Gives(42u));
  EXPECT_THAT(counters->drops(), Gives(2u));

  EXPECT_THAT(counters->take(std::move(merged)), Gives(42u));
  EXPECT_THAT(counters->drops(), Gives(3u));
}

TEST_P(GuestResources, GoThroughTheGuestUnchanged) {
  auto echoed = counters->echo(must(counters->make(7)));

  ASSERT_THAT(echoed, Succeeds());
  EXPECT_THAT(counters->value(*echoed), Gives(7u));
  EXPECT_THAT(counters->drops(), Gives(0u));
}

TEST_P(GuestResources, ComeAndGoInsideOfOtherTypes) {
  {
    std::vector<Counter> three = must(counters->many(3));
    ASSERT_EQ(three.size(), 3u);
    std::vector<Borrow<Counter>> lent(three.begin(), three.end());

    EXPECT_THAT(counters->total(lent), Gives(6u));
    EXPECT_THAT(counters->drops(), Gives(0u));
  }
  EXPECT_THAT(counters->drops(), Gives(3u));

  auto some = must(counters->maybe(5));
  ASSERT_TRUE(some.has_value());
  EXPECT_THAT(counters->value(*some), Gives(5u));
  EXPECT_FALSE(must(counters->maybe(0)).has_value());
}

TEST_P(GuestResources, AHostOfACompatibleVersionUsesThemToo) {
  EarlierCounter counter = must(
      guest->call<"test:counters/api@0.2.0#[constructor]counter(start)", EarlierCounter(u32)>(42u));

  EXPECT_THAT((guest->call<"test:counters/api@0.2.0#[method]counter.value(self)",
                           u32(Borrow<EarlierCounter>)>(Borrow<EarlierCounter>(counter))),
              Gives(42u));
}

TEST_P(GuestResources, AHandleOfTheWrongTypeIsALinkError) {
  EXPECT_THAT((guest->call<"test:counters/api@0.2.3#[constructor]counter(start)", Clock(u32)>(1u)),
              Fails(ErrorCode::not_linkable, "has another type"));
}

// ------------------------------------------------------------------------------------- end of life

TEST_P(GuestResources, DroppedWhileTheGuestRunsTheyGoAfterTheCall) {
  Counter busy = must(counters->make(1));
  std::optional<Counter> other = must(counters->make(2));
  Result<u32> drops_during_call = 99u;
  visitor.on_visit = [&] {
    other.reset();
    drops_during_call = counters->drops();
  };

  EXPECT_THAT(counters->value(busy), Gives(1u));

  EXPECT_THAT(drops_during_call, Fails(ErrorCode::busy, "the store is already running a call"));
  EXPECT_THAT(counters->drops(), Gives(1u));
}

TEST_P(GuestResources, ATrapInTheirDestructorIsReportedByDrop) {
  Counter counter = must(counters->make(1));
  Counter left = must(counters->make(2));
  must(guest->call<"trap-on-drop", void()>());

  EXPECT_THAT(counter.drop(), Fails(ErrorCode::trap, "unreachable"));

  EXPECT_THAT(counters->drops(), Fails(ErrorCode::trap, "the guest is finished"));
  EXPECT_THAT(counters->value(left), Fails(ErrorCode::trap, "the guest is finished"));
  EXPECT_THAT(left.drop(), Succeeds());
  expect_witness_answers();
}

TEST_P(GuestResources, OutliveATrapOfTheGuest) {
  Counter counter = must(counters->make(1));
  EXPECT_THAT((guest->call<"crash", void()>()), Fails(ErrorCode::trap, "unreachable"));

  EXPECT_THAT(counters->value(counter), Fails(ErrorCode::trap, "the guest is finished"));
  EXPECT_TRUE(counter);
  EXPECT_THAT(counter.drop(), Succeeds());
  expect_witness_answers();
}

TEST_P(GuestResources, OutliveTheirStore) {
  Counter counter = must(counters->make(1));
  Counter other = must(counters->make(2));
  guest.reset();

  EXPECT_TRUE(counter);
  EXPECT_THAT(counter.drop(), Succeeds());
  EXPECT_FALSE(counter);
  Counter moved = std::move(other);
  expect_witness_answers();
}

TEST_P(GuestResources, ACallAfterTheStoreEndedSaysSo) {
  Instance instance = guest->instance;
  Counter counter = must(counters->make(1));
  guest.reset();

  EXPECT_THAT((call<"test:counters/api@0.2.3#[method]counter.value(self)", u32(Borrow<Counter>)>(
                  instance, Borrow<Counter>(counter))),
              FailsWith(ErrorCode::invalid_argument, "the store of this instance has ended"));
}

// A host function that lets the guest wait, and lets the test look on.
class Waiter {
 public:
  Task<void> visit() { (void)co_await gate.wait(); }
  Completion<bool> gate;
};
constexpr abi::FunctionShape waiter_functions[] = {abi::function<&Waiter::visit>("visit")};
constexpr host::InterfaceShape waiter_interface{"test:counters/visitor", waiter_functions, {}};

TEST(GuestResourcesOfTasks, DroppedWhileACallWaitsTheyGoAfterIt) {
  Waiter waiter;
  Linker<> linker(engine());
  must(linker.add(waiter_interface, host::serve_with(waiter)));
  Guest<> guest(linker, load(wat("counters")));
  Counters counters(guest);
  Counter busy = must(counters.make(42));
  std::optional<Counter> other = must(counters.make(2));
  auto task =
      guest.start<"test:counters/api@0.2.3#[method]counter.value(self)", u32(Borrow<Counter>)>(
          Borrow<Counter>(busy));
  ASSERT_FALSE(task.poll(Waker()));

  other.reset();
  waiter.gate.complete(true);

  ASSERT_TRUE(task.poll(Waker()));
  EXPECT_THAT(task.take(), Gives(42u));
  EXPECT_THAT(counters.drops(), Gives(1u));
}

TEST(GuestResourcesOfTasks, OutliveACancelledCall) {
  Waiter waiter;
  Linker<> linker(engine());
  must(linker.add(waiter_interface, host::serve_with(waiter)));
  Guest<> guest(linker, load(wat("counters")));
  Counters counters(guest);
  Counter busy = must(counters.make(42));
  std::optional<Counter> other = must(counters.make(2));
  {
    auto task =
        guest.start<"test:counters/api@0.2.3#[method]counter.value(self)", u32(Borrow<Counter>)>(
            Borrow<Counter>(busy));
    ASSERT_FALSE(task.poll(Waker()));
    other.reset();
  }

  EXPECT_THAT(counters.value(busy), Fails(ErrorCode::trap, "an earlier call was cancelled"));
  EXPECT_THAT(busy.drop(), Succeeds());
}

// --------------------------------------------------------------------------------------- wrong use

TEST_P(GuestResources, AnEmptyHandleIsRefused) {
  Counter empty;

  EXPECT_THAT(counters->value(empty),
              Fails(ErrorCode::invalid_argument, "an empty handle was given for"));
  expect_witness_answers();
}

TEST_P(GuestResources, AMissingHandleIsRefused) {
  const std::vector<Borrow<Counter>> nothing(1);

  const auto total = counters->total(nothing);

  ASSERT_FALSE(total.has_value());
  EXPECT_THAT(total.error().message(), testing::HasSubstr("empty"));
  expect_witness_answers();
}

TEST_P(GuestResources, AHandleOfAnotherStoreIsRefusedAndStaysWhereItIs) {
  Counters others(*witness);
  Counter counter = must(counters->make(42));

  EXPECT_THAT(others.value(counter), Fails(ErrorCode::invalid_argument,
                                           "counter that was given belongs to another store"));

  EXPECT_THAT(counters->value(counter), Gives(42u));
  EXPECT_THAT(counters->drops(), Gives(0u));
}

TEST_P(GuestResources, AnOwnHandleOfAnotherStoreIsRefusedAndNotLost) {
  Counters others(*witness);

  EXPECT_THAT(
      others.take(must(counters->make(42))),
      Fails(ErrorCode::invalid_argument, "counter that was given belongs to another store"));

  // The call owned its argument: refused, it went back to where it came from.
  EXPECT_THAT(counters->drops(), Gives(1u));
}

TEST_P(GuestResources, AHandleOfAnotherInstanceOfTheStoreIsRefused) {
  const Instance second = must(prepared->instantiate(guest->store));
  Counter counter = must(counters->make(42));

  const auto value =
      call<"test:counters/api@0.2.3#[method]counter.value(self)", u32(Borrow<Counter>)>(
          second, Borrow<Counter>(counter));

  EXPECT_FALSE(value.has_value());
  EXPECT_THAT(value.error().message(), testing::HasSubstr("no handle of this kind and resource"));
  expect_witness_answers();
}

// --------------------------------------------------------------------------------- both directions

// A counter of the host, under the interface that the guest exports too.
class HostCounter {
 public:
  static constexpr std::string_view wit_resource = "test:counters/api@0.2.3.counter";
  HostCounter() = default;
  HostCounter(const HostCounter&) = delete;
  HostCounter& operator=(const HostCounter&) = delete;
  virtual ~HostCounter() = default;
  u32 value() { return 42; }
};
class Maker {
 public:
  std::unique_ptr<HostCounter> make(u32) { return std::make_unique<HostCounter>(); }
};
constexpr abi::FunctionShape maker_functions[] = {
    abi::function<&Maker::make>("[constructor]counter", "start"),
    abi::function<&HostCounter::value>("[method]counter.value"),
};
constexpr host::ResourceShape maker_resources[] = {host::resource<HostCounter>("counter")};
constexpr host::InterfaceShape maker_interface{"test:counters/api@0.2.3", maker_functions,
                                               maker_resources};

TEST(GuestResourcesOfMiddleware, ImportedAndExportedCountersAreDifferentTypes) {
  Maker host;
  Linker<> linker(engine());
  must(linker.add(maker_interface, host::serve_with(host)));
  Guest<> guest(linker, load(wat("middleware")));
  Counters counters(guest);

  Counter counter = must(counters.make(1));

  EXPECT_THAT(counters.value(counter), Gives(142u));
  EXPECT_THAT((guest.call<"test:counters/api@0.2.3#unwrap(self)",
                          std::unique_ptr<HostCounter>(Borrow<Counter>)>(Borrow<Counter>(counter))),
              Succeeds());
  // Taking the one for the other is noticed before any call.
  EXPECT_THAT((guest.call<"test:counters/api@0.2.3#[constructor]counter(start)",
                          std::unique_ptr<HostCounter>(u32)>(1u)),
              Fails(ErrorCode::not_linkable, "has another type"));
  EXPECT_THAT((guest.call<"test:counters/api@0.2.3#unwrap(self)", Counter(Borrow<Counter>)>(
                  Borrow<Counter>(counter))),
              Fails(ErrorCode::not_linkable, "has another type"));
}

INSTANTIATE_TEST_SUITE_P(Engines, GuestResources, testing::ValuesIn(engine_kinds),
                         called_by_its_name);

}  // namespace
}  // namespace capstan::seam
