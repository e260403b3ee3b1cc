// Values and errors in asynchronous calls: what goes through memory, what is checked, and what
// outlives a call.
#include "seam.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

namespace capstan::seam {
namespace {

struct Alive {
  explicit Alive(int& count_in) : count(&count_in) { ++*count; }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
  ~Alive() { --*count; }
  int* count;
};

using Measured = std::tuple<u32, std::string>;

class Remote {
 public:
  // Six flat words: more than an asynchronous lowering passes directly.
  Task<Measured> measure(u32 a, u64 b, std::string text, double c, bool later) {
    if (later) (void)co_await gates[0].wait();
    co_return Measured(static_cast<u32>(text.size()), fmt::format("{} {} {} {}", a, b, text, c));
  }
  Task<u32> fetch(u32 n) {
    const Alive alive(frames);
    co_return co_await gates[n].wait();
  }
  Task<u32> fail(u32 later) {
    if (later != 0) (void)co_await gates[0].wait();
    throw std::runtime_error("no luck today");
  }
  // Not async in WIT; waits all the same.
  Task<u32> pause(u32 n) { co_return co_await gates[n].wait(); }

  std::map<u32, Completion<u32>> gates;
  int frames = 0;
};

constexpr abi::FunctionShape remote_functions[] = {
    abi::function<&Remote::measure>("measure", "a, b, text, c, later"),
    abi::function<&Remote::fetch>("fetch", "n"),
    abi::function<&Remote::fail>("fail", "later"),
    abi::function<&Remote::pause>("pause", "n"),
};
constexpr host::InterfaceShape remote_interface{"test:values/remote", remote_functions, {}};

class AsyncValues : public testing::Test {
 protected:
  AsyncValues() {
    must(linker.add(remote_interface, host::serve_with(host)));
    prepared.emplace(must(linker.prepare(load(wat("values")))));
    guest.emplace(*prepared);
  }

  void expect_only_this_one_finished(Where where = Where::current()) {
    const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()),
                                     "afterwards");
    EXPECT_THAT((guest->call<"ping", u32()>()), Fails(ErrorCode::trap, "the guest is finished"));
    guest.emplace(*prepared);
    EXPECT_THAT((guest->call<"ping", u32()>()), Gives(42u));
  }

  Remote host;
  Linker<> linker{engine()};
  std::optional<PreparedComponent<>> prepared;
  std::optional<Guest<>> guest;
};

// ------------------------------------------------------------------------------------------ values

TEST_F(AsyncValues, ManyParametersAndResultsInBothLowerings) {
  const Measured expected(4, "1 2 text 3.5");

  EXPECT_THAT((guest->call<"measure(later)", Measured(u32)>(0u)), Gives(expected));
  EXPECT_THAT((guest->call<"measure-async(later)", Measured(u32)>(0u)), Gives(expected));

  host.gates[0].complete(0);
  EXPECT_THAT((guest->call<"measure-async(later)", Measured(u32)>(1u)), Gives(expected));
}

TEST_F(AsyncValues, ResultsAreLoweredAfterAWait) {
  Poller poller;
  auto task = guest->start<"measure-async(later)", Measured(u32)>(1u);
  ASSERT_FALSE(poller.poll(task));

  host.gates[0].complete(0);

  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(Measured(4, "1 2 text 3.5")));
}

TEST_F(AsyncValues, ParametersOfExportsThroughMemory) {
  std::array<u32, 17> values{};
  values[0] = 40;
  values[16] = 2;

  EXPECT_THAT((guest->call<"many(values)", u32(std::array<u32, 17>)>(values)), Gives(42u));
  EXPECT_THAT(block_on(guest->start<"many(values)", u32(std::array<u32, 17>)>(values)), Gives(42u));
  EXPECT_THAT((guest->call<"length(text)", u32(std::string_view)>("four")), Gives(4u));
}

TEST_F(AsyncValues, BadPointersAreCaught) {
  for (const u32 parameters : {65536u - 32u, 0xffff'fff8u}) {
    EXPECT_THAT((guest->call<"measure-at(parameters, results)", void(u32, u32)>(parameters, 64u)),
                Fails(ErrorCode::trap, "out of bounds"))
        << parameters;
    expect_only_this_one_finished();
  }
  EXPECT_THAT((guest->call<"measure-at(parameters, results)", void(u32, u32)>(4u, 64u)),
              Fails(ErrorCode::trap, "not aligned"));
  expect_only_this_one_finished();

  EXPECT_THAT((guest->call<"measure-at(parameters, results)", void(u32, u32)>(256u, 65536u - 4u)),
              Fails(ErrorCode::trap, "out of bounds"));
  expect_only_this_one_finished();
  EXPECT_THAT((guest->call<"measure-at(parameters, results)", void(u32, u32)>(256u, 65u)),
              Fails(ErrorCode::trap, "not aligned"));
  expect_only_this_one_finished();

  EXPECT_THAT((guest->call<"measure-bad-text(text)", void(u32)>(0xffff'0000u)),
              Fails(ErrorCode::trap, "pointer out of bounds"));
  expect_only_this_one_finished();
}

// ------------------------------------------------------------------------------------------ errors

TEST_F(AsyncValues, ExceptionsOfAsyncFunctionsAreNamedToo) {
  for (const u32 later : {0u, 1u}) {
    host.gates[0].complete(0);
    EXPECT_THAT((guest->call<"fail(later)", u32(u32)>(later)),
                FailsWith(ErrorCode::host, "test:values/remote#fail threw: no luck today"))
        << later;
    expect_only_this_one_finished();

    EXPECT_THAT((guest->call<"fail-async(later)", u32(u32)>(later)),
                FailsWith(ErrorCode::host, "test:values/remote#fail threw: no luck today"))
        << later;
    expect_only_this_one_finished();
    host.gates.clear();
  }
}

// ---------------------------------------------------------------------------- waits of other kinds

TEST_F(AsyncValues, SynchronousImportsOfAnAsyncComponentMayWait) {
  Poller poller;
  auto task = guest->start<"pause(n)", u32(u32)>(1u);
  ASSERT_FALSE(poller.poll(task));
  host.gates[1].complete(42);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42u));

  host.gates[2].complete(43);
  EXPECT_THAT((guest->call<"pause(n)", u32(u32)>(2u)), Gives(43u));
}

TEST_F(AsyncValues, SynchronousExportsMayWaitForSynchronousImports) {
  Poller poller;
  auto task = guest->start<"pause-sync(n)", u32(u32)>(1u);
  ASSERT_FALSE(poller.poll(task));
  host.gates[1].complete(42);

  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42u));
}

TEST_F(AsyncValues, ACallMayOutliveTheOneThatBeganIt) {
  ASSERT_THAT((guest->call<"leave(n)", void(u32)>(1u)), Succeeds());
  EXPECT_EQ(host.frames, 1);
  EXPECT_THAT((guest->call<"ping", u32()>()), Gives(42u));

  host.gates[1].complete(41);

  EXPECT_THAT((guest->call<"collect", u32()>()), Gives(41u));
  EXPECT_EQ(host.frames, 0);
}

TEST_F(AsyncValues, WhatOutlivesItsCallEndsWithTheStore) {
  ASSERT_THAT((guest->call<"leave(n)", void(u32)>(1u)), Succeeds());
  ASSERT_EQ(host.frames, 1);

  guest.reset();

  EXPECT_EQ(host.frames, 0);
  host.gates[1].complete(1);
}

TEST_F(AsyncValues, WhatOutlivesItsCallEndsWithAFailureOfTheGuest) {
  ASSERT_THAT((guest->call<"leave(n)", void(u32)>(1u)), Succeeds());

  EXPECT_THAT((guest->call<"fail(later)", u32(u32)>(0u)), Fails(ErrorCode::host, "no luck today"));

  EXPECT_EQ(host.frames, 0);
  expect_only_this_one_finished();
}

TEST(AsyncWakes, MayComeAfterEverythingIsGone) {
  Remote host;
  host.gates[1];
  {
    Engine own = make_engine();
    Linker<> linker(own);
    must(linker.add(remote_interface, host::serve_with(host)));
    const auto prepared = must(linker.prepare(load(own, wat("values"))));
    const Guest<> guest(prepared, {.limits = {.deadline_ms = 20}});
    EXPECT_THAT((guest.call<"pause(n)", u32(u32)>(1u)), Fails(ErrorCode::deadline, ""));

    const Guest<> other(prepared);
    Poller poller;
    auto task = other.start<"pause(n)", u32(u32)>(2u);
    ASSERT_FALSE(poller.poll(task));
  }
  EXPECT_EQ(host.frames, 0);

  host.gates[1].complete(1);
  host.gates[2].complete(1);
  expect_bystander_answers();
}

}  // namespace
}  // namespace capstan::seam
