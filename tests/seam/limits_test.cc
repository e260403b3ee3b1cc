// Limits: what each one stops, what its error says, and what goes on afterwards.
#include "seam.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

namespace capstan::seam {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using s32 = std::int32_t;

constexpr u64 page = 65536;

class Token {
 public:
  static constexpr std::string_view wit_resource = "test:limits/host.token";
  Token() = default;
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  virtual ~Token() = default;
};
class PlainToken final : public Token {};

class Host {
 public:
  u32 view(std::span<const u8> bytes) { return static_cast<u32>(bytes.size()); }
  u32 copy(std::vector<u8> bytes) { return static_cast<u32>(bytes.size()); }
  u32 texts(std::vector<std::string> texts) { return static_cast<u32>(texts.size()); }
  std::unique_ptr<Token> new_token() { return std::make_unique<PlainToken>(); }
  void sleep(u32 ms) { std::this_thread::sleep_for(milliseconds(ms)); }
  Task<void> wait() { (void)co_await done.wait(); }

  Completion<bool> done;
};

constexpr abi::FunctionShape host_functions[] = {
    abi::function<&Host::view>("view", "bytes"),   abi::function<&Host::copy>("copy", "bytes"),
    abi::function<&Host::texts>("texts", "texts"), abi::function<&Host::new_token>("new-token"),
    abi::function<&Host::sleep>("sleep", "ms"),    abi::function<&Host::wait>("wait"),
};
constexpr host::ResourceShape host_resources[] = {host::resource<Token>("token")};
constexpr host::InterfaceShape host_interface{"test:limits/host", host_functions, host_resources};

// Waits for the host, in a call or while it is instantiated.
std::string waits(std::string_view start) {
  return fmt::format(R"((component
    (import "test:limits/host" (instance $host (export "wait" (func))))
    (core func $wait (canon lower (func $host "wait")))
    (core module $main (import "host" "wait" (func $wait))
      (func $run (export "run") (call $wait))
      {})
    (core instance $main (instantiate $main (with "host" (instance (export "wait" (func $wait))))))
    (func (export "run") (canon lift (core func $main "run")))))",
                     start);
}

class LimitsOf : public testing::Test {
 protected:
  explicit LimitsOf(Engine engine) : linker(std::move(engine)) {
    must(linker.add(host_interface, host::serve_with(host)));
    prepared.emplace(prepare(wat("greedy")));
  }

  PreparedComponent<> prepare(std::string_view text) {
    Engine own = linker.engine();
    return must(linker.prepare(load(own, text)));
  }
  Guest<> guest_with(const Limits& limits) { return Guest<>(*prepared, {.limits = limits}); }

  Host host;
  Linker<> linker;
  std::optional<PreparedComponent<>> prepared;
};

class LimitsTest : public LimitsOf {
 protected:
  LimitsTest() : LimitsOf(seam::engine()) {}
};
class Fuel : public LimitsOf {
 protected:
  Fuel() : LimitsOf(make_engine({.fuel = true})) {}
};

// ---------------------------------------------------------------------------------------- deadline

TEST_F(LimitsTest, DeadlineEndsAnEndlessLoop) {
  const Guest<> guest = guest_with({.deadline_ms = 50});
  const auto begin = steady_clock::now();

  const auto spun = guest.call<"spin", void()>();

  EXPECT_THAT(spun, FailsWith(ErrorCode::deadline, "the time limit ran out"));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(45));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(2000));
  EXPECT_THAT((guest.call<"ping", u32()>()), Fails(ErrorCode::trap, "the guest is finished"));
}

TEST_F(LimitsTest, AfterADeadlineOtherStoresOfTheEngineWork) {
  const Guest<> before = guest_with({.deadline_ms = 5000});
  const Guest<> unlimited = guest_with({});
  ASSERT_THAT((guest_with({.deadline_ms = 20}).call<"spin", void()>()),
              Fails(ErrorCode::deadline, ""));

  EXPECT_THAT((before.call<"count(to)", u32(u32)>(1'000'000u)), Gives(1'000'000u));
  EXPECT_THAT((unlimited.call<"count(to)", u32(u32)>(1'000'000u)), Gives(1'000'000u));
  EXPECT_THAT((guest_with({.deadline_ms = 5000}).call<"ping", u32()>()), Gives(42u));
}

TEST_F(LimitsTest, EachCallHasItsOwnDeadline) {
  const Guest<> guest = guest_with({.deadline_ms = 200});

  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT((guest.call<"sleep-then-count(ms, to)", u32(u32, u32)>(100u, 10u)), Gives(10u));
  }
}

TEST_F(LimitsTest, TimeInsideTheHostCounts) {
  const Guest<> guest = guest_with({.deadline_ms = 30});

  EXPECT_THAT((guest.call<"sleep-then-count(ms, to)", u32(u32, u32)>(100u, 1'000'000u)),
              Fails(ErrorCode::deadline, "the time limit ran out"));
}

TEST_F(LimitsTest, DeadlineEndsACallThatWaitsForTheHost) {
  const Guest<> guest(prepare(waits("")), {.limits = {.deadline_ms = 50}});

  EXPECT_THAT((guest.call<"run", void()>()),
              FailsWith(ErrorCode::deadline, "the time limit ran out"));

  EXPECT_THAT((guest.call<"run", void()>()), Fails(ErrorCode::trap, "the guest is finished"));
  host.done.complete(true);
  EXPECT_THAT((Guest<>(prepare(waits(""))).call<"run", void()>()), Succeeds());
}

TEST_F(LimitsTest, DeadlineEndsATaskThatWaitsForTheHost) {
  const Guest<> guest(prepare(waits("")), {.limits = {.deadline_ms = 50}});

  EXPECT_THAT(block_on(guest.start<"run", void()>()),
              Fails(ErrorCode::deadline, "the time limit ran out"));

  EXPECT_THAT((guest.call<"run", void()>()), Fails(ErrorCode::trap, "finished"));
}

TEST_F(LimitsTest, DeadlineCountsWhileInstantiating) {
  const auto spins = prepare(R"((component
    (core module $main (func $start (loop $l (br $l))) (start $start))
    (core instance (instantiate $main))))");
  Store<> spinning(NoState{}, {.limits = {.deadline_ms = 50}});
  EXPECT_THAT(spins.instantiate(spinning),
              FailsWith(ErrorCode::deadline, "cannot instantiate 'guest': the time limit ran out"));

  const auto waiting = prepare(waits("(start $run)"));
  Store<> suspended(NoState{}, {.limits = {.deadline_ms = 50}});
  EXPECT_THAT(waiting.instantiate(suspended), Fails(ErrorCode::deadline, "the time limit ran out"));

  Store<> driven(NoState{}, {.limits = {.deadline_ms = 50}});
  EXPECT_THAT(block_on(waiting.instantiate_async(driven)),
              Fails(ErrorCode::deadline, "the time limit ran out"));
}

TEST_F(LimitsTest, DeadlineChangesForLaterCalls) {
  Guest<> guest = guest_with({});
  ASSERT_THAT((guest.call<"count(to)", u32(u32)>(10u)), Gives(10u));

  must(guest.store.set_limits({.deadline_ms = 30}));
  EXPECT_THAT((guest.call<"sleep-then-count(ms, to)", u32(u32, u32)>(0u, 10u)), Gives(10u));
  EXPECT_THAT((guest.call<"spin", void()>()), Fails(ErrorCode::deadline, "the time limit ran out"));
}

TEST(LimitsOfEngines, DeadlineNeedsAnInterruptibleEngine) {
  Engine steady = make_engine({.interruptible = false});
  const auto prepared = must(Linker<>(steady).prepare(load(steady, "(component)")));
  Store<> store(NoState{}, {.limits = {.deadline_ms = 50}});

  EXPECT_THAT(prepared.instantiate(store), Fails(ErrorCode::unsupported, "interruptible"));
}

// -------------------------------------------------------------------------------------------- fuel

TEST_F(Fuel, RunsOutAndSaysSo) {
  const Guest<> guest = guest_with({.fuel = 10'000});
  EXPECT_THAT((guest.call<"count(to)", u32(u32)>(100u)), Gives(100u));

  EXPECT_THAT((guest.call<"spin", void()>()), FailsWith(ErrorCode::fuel, "the fuel ran out"));

  EXPECT_THAT((guest.call<"ping", u32()>()), Fails(ErrorCode::trap, "the guest is finished"));
  EXPECT_THAT((guest_with({.fuel = 10'000}).call<"ping", u32()>()), Gives(42u));
}

TEST_F(Fuel, IsCountedAndStartsAgainWithNewLimits) {
  Guest<> guest = guest_with({.fuel = 10'000});
  const u64 before = must(guest.store.fuel());
  EXPECT_LE(before, 10'000u);

  ASSERT_THAT((guest.call<"count(to)", u32(u32)>(100u)), Gives(100u));
  EXPECT_LT(must(guest.store.fuel()), before);

  must(guest.store.set_limits({.fuel = 50'000}));
  EXPECT_EQ(must(guest.store.fuel()), 50'000u);
}

TEST_F(Fuel, WithoutALimitThereIsEnough) {
  EXPECT_THAT((guest_with({}).call<"count(to)", u32(u32)>(1'000'000u)), Gives(1'000'000u));
}

TEST_F(Fuel, IsSpentWhileInstantiatingToo) {
  const auto spins = prepare(R"((component
    (core module $main (func $start (loop $l (br $l))) (start $start))
    (core instance (instantiate $main))))");
  Store<> store(NoState{}, {.limits = {.fuel = 10'000}});

  EXPECT_THAT(spins.instantiate(store),
              FailsWith(ErrorCode::fuel, "cannot instantiate 'guest': the fuel ran out"));
}

TEST_F(LimitsTest, FuelNeedsAnEngineWithFuel) {
  Store<> store(NoState{}, {.limits = {.fuel = 1}});
  EXPECT_THAT(prepared->instantiate(store),
              Fails(ErrorCode::unsupported, "fuel needs an engine that was made with fuel"));

  const Guest<> guest = guest_with({});
  EXPECT_THAT(guest.store.fuel(), Fails(ErrorCode::unsupported, "fuel"));
}

// ------------------------------------------------------------------------------- memory and tables

TEST_F(LimitsTest, MemoryBeyondTheLimitIsRefusedToTheGuest) {
  const Guest<> guest = guest_with({.memory_bytes = 4 * page});

  EXPECT_THAT((guest.call<"grow(pages)", s32(u32)>(3u)), Gives(1));
  EXPECT_THAT((guest.call<"grow(pages)", s32(u32)>(1u)), Gives(-1));
  EXPECT_THAT((guest.call<"grow(pages)", s32(u32)>(0u)), Gives(4));
  EXPECT_THAT((guest.call<"ping", u32()>()), Gives(42u));
}

TEST_F(LimitsTest, InstantiatingBeyondTheMemoryLimitIsAnError) {
  const auto large =
      prepare("(component (core module $m (memory 3)) (core instance (instantiate $m)))");
  Store<> store(NoState{}, {.limits = {.memory_bytes = 2 * page}});

  EXPECT_THAT(
      large.instantiate(store),
      FailsWith(ErrorCode::limit,
                "cannot instantiate 'guest': 196608 bytes of memory needed, the limit is 131072"));
  expect_bystander_answers();
}

TEST_F(LimitsTest, MemoriesOfAllInstancesCountTogether) {
  Store<> store(NoState{}, {.limits = {.memory_bytes = 3 * page}});
  const Instance first = must(prepared->instantiate(store));
  const Instance second = must(prepared->instantiate(store));

  EXPECT_THAT((call<"grow(pages)", s32(u32)>(first, 2u)), Gives(-1));
  EXPECT_THAT((call<"grow(pages)", s32(u32)>(second, 1u)), Gives(1));
  EXPECT_THAT((call<"grow(pages)", s32(u32)>(first, 1u)), Gives(-1));
}

TEST_F(LimitsTest, MemoryLimitChangesForLaterCalls) {
  Guest<> guest = guest_with({.memory_bytes = 1 * page});
  ASSERT_THAT((guest.call<"grow(pages)", s32(u32)>(1u)), Gives(-1));

  must(guest.store.set_limits({.memory_bytes = 2 * page}));
  EXPECT_THAT((guest.call<"grow(pages)", s32(u32)>(1u)), Gives(1));

  must(guest.store.set_limits({.memory_bytes = 1 * page}));
  EXPECT_THAT((guest.call<"grow(pages)", s32(u32)>(1u)), Gives(-1));
  EXPECT_THAT((guest.call<"ping", u32()>()), Gives(42u));
}

TEST_F(LimitsTest, MemoryUseIsReported) {
  Store<> store;
  EXPECT_EQ(store.memory().now_bytes, 0u);

  const Instance instance = must(prepared->instantiate(store));
  EXPECT_EQ(store.memory().now_bytes, page);

  EXPECT_THAT((call<"grow(pages)", s32(u32)>(instance, 2u)), Gives(1));
  EXPECT_THAT((call<"grow(pages)", s32(u32)>(instance, 70'000u)), Gives(-1));
  EXPECT_EQ(store.memory().now_bytes, 3 * page);
  EXPECT_EQ(store.memory().peak_bytes, 3 * page);
}

TEST_F(LimitsTest, TablesBeyondTheLimitAreRefused) {
  const Guest<> guest = guest_with({.table_elements = 100});
  EXPECT_THAT((guest.call<"grow-table(by)", s32(u32)>(90u)), Gives(10));
  EXPECT_THAT((guest.call<"grow-table(by)", s32(u32)>(1u)), Gives(-1));

  Store<> store(NoState{}, {.limits = {.table_elements = 9}});
  EXPECT_THAT(prepared->instantiate(store),
              Fails(ErrorCode::limit, "10 table elements needed, the limit is 9"));
}

TEST_F(LimitsTest, CoreInstancesBeyondTheLimitAreRefused) {
  // The guest is two core instances.
  Store<> store(NoState{}, {.limits = {.instances = 3}});
  const Instance first = must(prepared->instantiate(store));

  const auto second = prepared->instantiate(store);

  EXPECT_THAT(second, Fails(ErrorCode::limit, "the limit is 3"));
  expect_bystander_answers();
}

// ------------------------------------------------------------------------------------- lifted data

TEST_F(LimitsTest, DataCopiedOutOfTheGuestIsLimitedPerCall) {
  const Guest<> guest = guest_with({.lifted_bytes = 10'000});
  EXPECT_THAT((guest.call<"copy(size)", u32(u32)>(10'000u)), Gives(10'000u));
  // Each host call starts anew.
  EXPECT_THAT((guest.call<"copy-often(size, times)", u32(u32, u32)>(9'000u, 100u)), Gives(1u));

  EXPECT_THAT((guest.call<"copy(size)", u32(u32)>(10'001u)),
              Fails(ErrorCode::limit,
                    "too much data for one call: 10001 more bytes, 10000 are left of the limit on "
                    "lifted bytes"));
  EXPECT_THAT((guest.call<"ping", u32()>()), Fails(ErrorCode::trap, "finished"));
}

TEST_F(LimitsTest, ViewsAreNoCopies) {
  const Guest<> guest = guest_with({.lifted_bytes = 10});

  EXPECT_THAT((guest.call<"view(size)", u32(u32)>(60'000u)), Gives(60'000u));
}

TEST_F(LimitsTest, ObjectsOfTheHostCountNotOnlyTheirText) {
  // 8,000 empty texts are 64,000 bytes in the guest, and several times as much in the host.
  const Guest<> guest = guest_with({.lifted_bytes = 100'000});

  EXPECT_THAT((guest.call<"texts(count)", u32(u32)>(1'000u)), Gives(1'000u));
  EXPECT_THAT((guest.call<"texts(count)", u32(u32)>(8'000u)),
              Fails(ErrorCode::limit, "too much data for one call"));
}

TEST_F(LimitsTest, ResultsOfExportsAreLimitedToo) {
  const Guest<> guest = guest_with({.lifted_bytes = 1000});
  EXPECT_THAT((guest.call<"bytes(size)", std::vector<u8>(u32)>(1000u)), Succeeds());

  EXPECT_THAT((guest.call<"bytes(size)", std::vector<u8>(u32)>(1001u)),
              Fails(ErrorCode::limit, "too much data for one call"));
}

TEST_F(LimitsTest, ZeroMeansNoLimitOfThisKind) {
  const Guest<> guest = guest_with({.lifted_bytes = 0, .handles = 0});

  EXPECT_THAT((guest.call<"copy(size)", u32(u32)>(60'000u)), Gives(60'000u));
  EXPECT_THAT((guest.call<"new-token", u32()>()), Succeeds());
}

// ----------------------------------------------------------------------------------------- handles

TEST_F(LimitsTest, HandlesAreLimited) {
  const Guest<> guest = guest_with({.handles = 3});
  const u32 first = must(guest.call<"new-token", u32()>());
  must(guest.call<"new-token", u32()>());
  must(guest.call<"new-token", u32()>());
  EXPECT_EQ(guest.store.handles(), 3u);
  // One that was dropped makes room for another.
  must(guest.call<"drop-token(token)", void(u32)>(first));
  EXPECT_EQ(guest.store.handles(), 2u);
  must(guest.call<"new-token", u32()>());

  const auto fourth = guest.call<"new-token", u32()>();

  EXPECT_THAT(fourth, Fails(ErrorCode::limit, "3"));
  EXPECT_THAT((guest.call<"ping", u32()>()), Fails(ErrorCode::trap, "finished"));
  EXPECT_THAT((guest_with({.handles = 3}).call<"new-token", u32()>()), Succeeds());
}

TEST_F(LimitsTest, HandleLimitChangesForLaterCalls) {
  Guest<> guest = guest_with({.handles = 1});
  must(guest.call<"new-token", u32()>());

  must(guest.store.set_limits({.handles = 2}));
  EXPECT_THAT((guest.call<"new-token", u32()>()), Succeeds());
  EXPECT_THAT((guest.call<"new-token", u32()>()), Fails(ErrorCode::limit, "2"));
}

}  // namespace
}  // namespace capstan::seam
