// Hostile guests: allocators that lie, results that point nowhere, traps in every place where guest
// code runs.
//
// One guest with switches: `mode` decides what its realloc does. After each attack the guest is
// finished, and another instance lives on.
#include "seam.h"

#include <fmt/format.h>

#include <optional>

namespace capstan::seam {
namespace {

using Rows = std::vector<std::vector<std::string>>;

class Library {
 public:
  std::string text() { return "a text of the host"; }
  Rows rows() { return next_rows; }
  void notify() { ++notified; }

  Rows next_rows = {{"one"}, {"two", "three"}};
  int notified = 0;
};

constexpr abi::FunctionShape library_functions[] = {
    abi::function<&Library::text>("text"),
    abi::function<&Library::rows>("rows"),
    abi::function<&Library::notify>("notify"),
};
constexpr host::InterfaceShape library{"test:calls/library", library_functions, {}};

// The same with tasks: calls of the guest run on stacks of their own then.
class SlowLibrary {
 public:
  explicit SlowLibrary(Library& fast) : library_(fast) {}
  Task<std::string> text() { return library_.text(); }
  Task<Rows> rows() { return library_.rows(); }
  Task<void> notify() {
    library_.notify();
    co_return;
  }

 private:
  Library& library_;
};

constexpr abi::FunctionShape slow_library_functions[] = {
    abi::function<&SlowLibrary::text>("text"),
    abi::function<&SlowLibrary::rows>("rows"),
    abi::function<&SlowLibrary::notify>("notify"),
};
constexpr host::InterfaceShape slow_library{"test:calls/library", slow_library_functions, {}};

enum Mode : u32 {
  honest,
  out_of_range,
  unaligned,
  all_ones,
  trapping,
  growing,
  endless,
  calls_the_host,
  last_page,
};

class HostileCalls : public testing::TestWithParam<const char*> {
 protected:
  HostileCalls() {
    if (suspending) {
      must(linker.add(slow_library, host::serve_with(slow_host)));
    } else {
      must(linker.add(library, host::serve_with(host)));
    }
  }

  // A fresh guest in this mode.
  Guest<> guest_in(Mode mode, StoreOptions options = {}) {
    if (!prepared) prepared.emplace(must(linker.prepare(load(linker, wat("allocator")))));
    if (!witness) witness.emplace(*prepared);
    Guest<> guest(*prepared, std::move(options));
    must(guest.call<"set-mode(mode)", void(u32)>(mode));
    return guest;
  }

  // The guest is finished; the host and the other instance are not.
  void expect_only_this_one_finished(const Guest<>& guest, Where where = Where::current()) {
    const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()),
                                     "afterwards");
    EXPECT_THAT((guest.call<"ping", u32()>()), Fails(ErrorCode::trap, "the guest is finished"));
    EXPECT_THAT((witness->call<"ping", u32()>()), Gives(42u));
    EXPECT_THAT((witness->call<"ask-text", std::string()>()), Gives("a text of the host"));
  }

  const bool suspending = std::string_view(GetParam()) == "suspending";
  Library host;
  SlowLibrary slow_host{host};
  Linker<> linker{engine_of_kind(suspending ? "plain" : GetParam())};
  std::optional<PreparedComponent<>> prepared;
  std::optional<Guest<>> witness;
};

// -------------------------------------------------------------------------------- lying allocators

TEST_P(HostileCalls, HonestAllocatorGetsEverything) {
  const Guest<> guest = guest_in(honest);

  EXPECT_THAT((guest.call<"ask-text", std::string()>()), Gives("a text of the host"));
  EXPECT_THAT((guest.call<"ask-rows", Rows()>()), Gives(host.next_rows));
  EXPECT_THAT((guest.call<"length(text)", u32(std::string_view)>("four")), Gives(4u));
}

struct Lie {
  Mode mode;
  ErrorCode code;
  std::string_view message;
};

TEST_P(HostileCalls, AllocatorsThatLieAreCaughtBothWays) {
  for (const Lie& lie : {
           Lie{out_of_range, ErrorCode::trap, "realloc return: beyond end of memory"},
           Lie{all_ones, ErrorCode::trap, "realloc return: "},
           Lie{last_page, ErrorCode::trap, "realloc return: beyond end of memory"},
           Lie{trapping, ErrorCode::trap, "unreachable"},
       }) {
    SCOPED_TRACE(fmt::format("mode {}", static_cast<u32>(lie.mode)));
    const Guest<> asking = guest_in(lie.mode);
    EXPECT_THAT((asking.call<"ask-text", std::string()>()),
                Fails(lie.code, std::string(lie.message)));
    expect_only_this_one_finished(asking);

    const Guest<> called = guest_in(lie.mode);
    EXPECT_THAT((called.call<"length(text)", u32(std::string_view)>("fives")),
                Fails(lie.code, std::string(lie.message)));
    expect_only_this_one_finished(called);
  }
}

TEST_P(HostileCalls, UnalignedBlocksAreRefusedWhereAlignmentCounts) {
  const Guest<> texts = guest_in(unaligned);
  EXPECT_THAT((texts.call<"length(text)", u32(std::string_view)>("four")), Gives(4u));

  EXPECT_THAT((texts.call<"echo-rows(rows)", Rows(Rows)>(Rows{{"a"}})),
              Fails(ErrorCode::trap, "realloc return: result not aligned"));
  expect_only_this_one_finished(texts);

  const Guest<> asking = guest_in(unaligned);
  EXPECT_THAT((asking.call<"ask-rows", Rows()>()),
              Fails(ErrorCode::trap, "realloc return: result not aligned"));
  expect_only_this_one_finished(asking);

  const Guest<> many = guest_in(unaligned);
  EXPECT_THAT((many.call<"many(values)", u32(std::array<u32, 17>)>(std::array<u32, 17>{})),
              Fails(ErrorCode::trap, "realloc return: result not aligned"));
  expect_only_this_one_finished(many);
}

TEST_P(HostileCalls, SeventeenParametersGoThroughMemory) {
  std::array<u32, 17> values{};
  values[16] = 42;

  EXPECT_THAT((guest_in(honest).call<"many(values)", u32(std::array<u32, 17>)>(values)),
              Gives(42u));
  EXPECT_THAT((guest_in(out_of_range).call<"many(values)", u32(std::array<u32, 17>)>(values)),
              Fails(ErrorCode::trap, "realloc return: beyond end of memory"));
}

TEST_P(HostileCalls, MemoryThatMovesWhileNestedListsAreLowered) {
  // Each block is a new page: memory grows dozens of times while one value is written.
  for (int i = 0; i < 40; ++i)
    host.next_rows.push_back({std::string(1000, 'x'), fmt::format("row {}", i)});

  const Guest<> asking = guest_in(growing);
  EXPECT_THAT((asking.call<"ask-rows", Rows()>()), Gives(host.next_rows));

  const Guest<> called = guest_in(growing);
  EXPECT_THAT((called.call<"echo-rows(rows)", Rows(Rows)>(host.next_rows)), Gives(host.next_rows));
  EXPECT_GT(called.store.memory().now_bytes, 100u * 65536u);
}

TEST_P(HostileCalls, AllocatorThatRunsIntoTheMemoryLimit) {
  for (int i = 0; i < 40; ++i) host.next_rows.push_back({"a", "b"});

  const Guest<> guest = guest_in(growing, {.limits = {.memory_bytes = 20 * 65536}});

  // memory.grow gives -1, and so does the guest.
  EXPECT_THAT((guest.call<"ask-rows", Rows()>()), Fails(ErrorCode::trap, "realloc return: "));
  expect_only_this_one_finished(guest);
}

TEST_P(HostileCalls, AllocatorThatNeverReturnsMeetsTheDeadline) {
  const Guest<> asking = guest_in(endless, {.limits = {.deadline_ms = 50}});
  EXPECT_THAT((asking.call<"ask-text", std::string()>()),
              Fails(ErrorCode::deadline, "the time limit ran out"));
  expect_only_this_one_finished(asking);

  const Guest<> called = guest_in(endless, {.limits = {.deadline_ms = 50}});
  EXPECT_THAT((called.call<"length(text)", u32(std::string_view)>("four")),
              Fails(ErrorCode::deadline, ""));
  expect_only_this_one_finished(called);
}

TEST_P(HostileCalls, AllocatorsMayNotCallTheHost) {
  const Guest<> asking = guest_in(calls_the_host);
  EXPECT_THAT((asking.call<"ask-text", std::string()>()),
              Fails(ErrorCode::trap, "cannot leave component instance"));
  expect_only_this_one_finished(asking);

  const Guest<> called = guest_in(calls_the_host);
  EXPECT_THAT((called.call<"length(text)", u32(std::string_view)>("four")),
              Fails(ErrorCode::trap, "cannot leave component instance"));
  expect_only_this_one_finished(called);
  EXPECT_EQ(host.notified, 0);
}

// ----------------------------------------------------------------------------------- lying results

TEST_P(HostileCalls, ResultsThatPointNowhere) {
  for (const auto& [at, message] : std::initializer_list<std::pair<u32, const char*>>{
           {65536 - 4, "return pointer out of bounds of memory"},
           {65536, "return pointer out of bounds of memory"},
           {0xffff'fffcu, "return pointer out of bounds of memory"},
           {2, "return pointer not aligned"},
           {0xffff'ffffu, "return pointer not aligned"},
       }) {
    const Guest<> guest = guest_in(honest);

    EXPECT_THAT((guest.call<"point-at(at)", std::string(u32)>(at)), Fails(ErrorCode::trap, message))
        << at;
    expect_only_this_one_finished(guest);
  }
}

TEST_P(HostileCalls, ResultsWhoseContentsPointNowhere) {
  const auto guest_with = [this](u32 pointer, u32 length) {
    Guest<> guest = guest_in(honest);
    must(guest.call<"poke(at, word)", void(u32, u32)>(32u, pointer));
    must(guest.call<"poke(at, word)", void(u32, u32)>(36u, length));
    return guest;
  };
  const Guest<> far = guest_with(65536, 1);
  EXPECT_THAT((far.call<"point-at(at)", std::string(u32)>(32u)),
              Fails(ErrorCode::trap, "pointer out of bounds"));
  expect_only_this_one_finished(far);

  const Guest<> odd = guest_with(2, 1);
  EXPECT_THAT((odd.call<"point-at-list(at)", std::vector<u32>(u32)>(32u)),
              Fails(ErrorCode::trap, "list pointer 0x2 is not aligned"));
  expect_only_this_one_finished(odd);

  const Guest<> wrapping = guest_with(0, 0x4000'0000);
  EXPECT_THAT((wrapping.call<"point-at-list(at)", std::vector<u32>(u32)>(32u)),
              Fails(ErrorCode::trap, "pointer out of bounds"));
  expect_only_this_one_finished(wrapping);

  const Guest<> invalid = guest_with(32, 2);  // the pointer's own bytes: 0x20 0x00, then its length
  EXPECT_THAT((invalid.call<"point-at(at)", std::string(u32)>(32u)), Gives(std::string(" \0", 2)));
  must(invalid.call<"poke(at, word)", void(u32, u32)>(64u, 0x8080'8080u));
  must(invalid.call<"poke(at, word)", void(u32, u32)>(32u, 64u));
  EXPECT_THAT((invalid.call<"point-at(at)", std::string(u32)>(32u)),
              Fails(ErrorCode::trap, "invalid utf-8"));
  expect_only_this_one_finished(invalid);
}

// ------------------------------------------------------------------------------------------- traps

TEST_P(HostileCalls, TrapsCarryTheGuestsFrames) {
  const Guest<> guest = guest_in(honest);

  const auto crashed = guest.call<"crash", void()>();

  ASSERT_THAT(crashed, Fails(ErrorCode::trap, "unreachable"));
  EXPECT_THAT(crashed.error().backtrace(),
              testing::ContainsRegex("0: .*third.*\n1: .*second.*\n2: .*crash"));
  expect_only_this_one_finished(guest);
}

TEST_P(HostileCalls, EachKindOfTrapSaysWhichItIs) {
  const Guest<> divides = guest_in(honest);
  EXPECT_THAT((divides.call<"divide(a, b)", u32(u32, u32)>(1u, 0u)),
              Fails(ErrorCode::trap, "integer divide by zero"));
  expect_only_this_one_finished(divides);

  const Guest<> loads = guest_in(honest);
  EXPECT_THAT((loads.call<"load(at)", u32(u32)>(0xffff'fff0u)),
              Fails(ErrorCode::trap, "out of bounds memory access"));
  expect_only_this_one_finished(loads);
}

TEST_P(HostileCalls, EndlessRecursionExhaustsTheGuestsStackOnly) {
  const Guest<> guest = guest_in(honest);

  EXPECT_THAT((guest.call<"recurse", u32()>()),
              FailsWith(ErrorCode::stack, "wasm trap: call stack exhausted"));

  expect_only_this_one_finished(guest);
}

TEST_P(HostileCalls, TrapAfterTheResultWasTaken) {
  const Guest<> guest = guest_in(honest);
  must(guest.call<"set-post(mode)", void(u32)>(1u));

  EXPECT_THAT((guest.call<"ask-text", std::string()>()), Fails(ErrorCode::trap, "unreachable"));

  expect_only_this_one_finished(guest);
}

TEST_P(HostileCalls, PostReturnMayNotCallTheHost) {
  const Guest<> guest = guest_in(honest);
  must(guest.call<"set-post(mode)", void(u32)>(2u));

  EXPECT_THAT((guest.call<"ask-text", std::string()>()),
              Fails(ErrorCode::trap, "cannot leave component instance"));

  EXPECT_EQ(host.notified, 0);
  expect_only_this_one_finished(guest);
}

TEST_P(HostileCalls, AllInstancesOfTheStoreAreFinishedWithTheOneThatTrapped) {
  (void)guest_in(honest);
  Store<> store;
  const Instance first = must(prepared->instantiate(store));
  const Instance second = must(prepared->instantiate(store));

  EXPECT_THAT((call<"crash", void()>(first)), Fails(ErrorCode::trap, "unreachable"));

  EXPECT_THAT((call<"ping", u32()>(first)), Fails(ErrorCode::trap, "the guest is finished"));
  EXPECT_THAT((call<"ping", u32()>(second)), Fails(ErrorCode::trap, "the guest is finished"));
  EXPECT_THAT(prepared->instantiate(store), Fails(ErrorCode::trap, "the guest is finished"));
  EXPECT_THAT((witness->call<"ping", u32()>()), Gives(42u));
}

TEST(HostileStart, ATrapWhileInstantiatingIsAnErrorOfInstantiate) {
  const auto prepared = must(Linker<>(engine()).prepare(load(R"((component
    (core module $main (func $start (unreachable)) (start $start))
    (core instance (instantiate $main))))")));
  Store<> store;

  const auto made = prepared.instantiate(store);

  EXPECT_THAT(made, Fails(ErrorCode::trap, "cannot instantiate 'guest': "));
  EXPECT_THAT(made, Fails(ErrorCode::trap, "unreachable"));
  expect_bystander_answers();
}

TEST(HostileStart, ADataSegmentOutsideOfMemoryIsAnErrorOfInstantiate) {
  const auto prepared = must(Linker<>(engine()).prepare(load(R"((component
    (core module $main (memory 1) (data (i32.const 65535) "two"))
    (core instance (instantiate $main))))")));
  Store<> store;

  EXPECT_THAT(prepared.instantiate(store), Fails(ErrorCode::trap, "out of bounds memory access"));
  expect_bystander_answers();
}

INSTANTIATE_TEST_SUITE_P(Engines, HostileCalls, testing::ValuesIn(engine_kinds),
                         called_by_its_name);
INSTANTIATE_TEST_SUITE_P(Stacks, HostileCalls, testing::Values("suspending"), called_by_its_name);

}  // namespace
}  // namespace capstan::seam
