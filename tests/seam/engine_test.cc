// Engines: the cache on disk, precompiled artefacts, signal handlers, pools.
#include "seam.h"

#include <fmt/format.h>

#include <signal.h>
#include <sys/stat.h>

#include <cerrno>
#include <csetjmp>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace capstan::seam {
namespace {

namespace fs = std::filesystem;

// Every kind of trap that a processor may notice by itself.
constexpr std::string_view trapping = R"((component
  (core module $main
    (memory 1)
    (func (export "answer") (result i32) (i32.const 42))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "crash") (unreachable))
    (func $deeper (param i32) (result i32) (i32.add (call $deeper (local.get 0)) (i32.const 1)))
    (func (export "recurse") (result i32) (call $deeper (i32.const 0))))
  (core instance $main (instantiate $main))
  (func (export "answer") (result u32) (canon lift (core func $main "answer")))
  (func (export "load") (param "at" u32) (result u32) (canon lift (core func $main "load")))
  (func (export "divide") (param "a" u32) (param "b" u32) (result u32) (canon lift
    (core func $main "divide")))
  (func (export "crash") (canon lift (core func $main "crash")))
  (func (export "recurse") (result u32) (canon lift (core func $main "recurse")))))";

void expect_all_traps_work(const PreparedComponent<>& prepared) {
  EXPECT_THAT((Guest<>(prepared).call<"load(at)", u32(u32)>(0x7fff'0000u)),
              Fails(ErrorCode::trap, "out of bounds memory access"));
  EXPECT_THAT((Guest<>(prepared).call<"divide(a, b)", u32(u32, u32)>(1u, 0u)),
              Fails(ErrorCode::trap, "integer divide by zero"));
  EXPECT_THAT((Guest<>(prepared).call<"divide(a, b)", u32(u32, u32)>(0x8000'0000u, 0xffff'ffffu)),
              Fails(ErrorCode::trap, "integer overflow"));
  EXPECT_THAT((Guest<>(prepared).call<"crash", void()>()), Fails(ErrorCode::trap, "unreachable"));
  EXPECT_THAT((Guest<>(prepared).call<"recurse", u32()>()),
              Fails(ErrorCode::stack, "call stack exhausted"));
  EXPECT_THAT((Guest<>(prepared).call<"answer", u32()>()), Gives(42u));
}

// ------------------------------------------------------------------------------------------- cache

class CacheOnDisk : public testing::Test {
 protected:
  CacheOnDisk() { fs::permissions(folder(), fs::perms::owner_all); }

  [[nodiscard]] fs::path folder() const { return scratch.path(); }

  // Whether the component came from the cache; proves that it works.
  bool load_with(EngineOptions options) const {
    options.cache = true;
    options.cache_directory = folder();
    Engine engine = must(Engine::create(std::move(options)));
    const Component component = must(engine.load(bytes, "cached"));
    const Guest<> guest(Linker<>(engine), component);
    EXPECT_THAT((guest.call<"answer", u32()>()), Gives(42u));
    return component.from_cache();
  }

  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder())) found.push_back(entry.path());
    return found;
  }

  std::vector<u8> bytes = assemble(trapping);
  ScratchDirectory scratch;
};

TEST_F(CacheOnDisk, HitsTheSecondTime) {
  EXPECT_FALSE(load_with({}));
  EXPECT_EQ(files().size(), 1u);

  EXPECT_TRUE(load_with({}));
  EXPECT_TRUE(load_with({.tick_ms = 1}));
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(CacheOnDisk, KnowsComponentsApart) {
  EXPECT_FALSE(load_with({}));
  bytes = assemble(replace(trapping, "crash", "smash"));

  EXPECT_FALSE(load_with({}));
  EXPECT_EQ(files().size(), 2u);
}

TEST_F(CacheOnDisk, KnowsConfigurationsApart) {
  EXPECT_FALSE(load_with({}));

  EXPECT_FALSE(load_with({.fuel = true}));
  EXPECT_FALSE(load_with({.interruptible = false}));
  EXPECT_FALSE(load_with({.concurrency = Concurrency::on}));
  EXPECT_FALSE(load_with({.signal_handlers = false}));
  EXPECT_TRUE(load_with({}));
  EXPECT_TRUE(load_with({.fuel = true}));
  EXPECT_TRUE(load_with({.concurrency = Concurrency::on}));
}

TEST_F(CacheOnDisk, DamagedFilesAreCompiledAgain) {
  ASSERT_FALSE(load_with({}));
  ASSERT_EQ(files().size(), 1u);
  const fs::path file = files()[0];
  const std::string whole = read_file(file);

  const auto damage = [&whole](std::size_t at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    return damaged;
  };
  for (const std::string& contents :
       {damage(0), damage(whole.size() / 2), damage(whole.size() - 40), damage(whole.size() - 1),
        whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1), std::string(),
        std::string("x"), whole + "tail"}) {
    fs::remove(file);
    write_file(file, contents);

    EXPECT_FALSE(load_with({})) << contents.size() << " bytes";
    EXPECT_TRUE(load_with({})) << contents.size() << " bytes";
  }
}

TEST_F(CacheOnDisk, FoldersThatOthersMayWriteToAreNotUsed) {
  ASSERT_FALSE(load_with({}));
  fs::permissions(folder(), fs::perms::all);

  EXPECT_FALSE(load_with({}));
  bytes = assemble(replace(trapping, "crash", "smash"));
  EXPECT_FALSE(load_with({}));
  EXPECT_EQ(files().size(), 1u) << "nothing was added";

  fs::permissions(folder(), fs::perms::owner_all);
  bytes = assemble(trapping);
  EXPECT_TRUE(load_with({}));
}

TEST_F(CacheOnDisk, FilesAndFoldersItMakesArePrivate) {
  fs::remove(folder());
  ASSERT_FALSE(load_with({}));

  EXPECT_EQ(fs::status(folder()).permissions() & (fs::perms::group_all | fs::perms::others_all),
            fs::perms::none);
  EXPECT_EQ(fs::status(files()[0]).permissions() & (fs::perms::group_all | fs::perms::others_all),
            fs::perms::none);
}

TEST_F(CacheOnDisk, AFolderThatCannotBeMadeIsNoError) {
  write_file(scratch / "file", "in the way");
  Engine engine = must(Engine::create({.cache_directory = scratch / "file" / "cache"}));

  EXPECT_THAT(engine.load(bytes), Succeeds());
  EXPECT_FALSE(must(engine.load(bytes)).from_cache());
}

// ------------------------------------------------------------------------------------- precompiled

class Precompiled : public testing::Test {
 protected:
  fs::path precompile_with(Engine engine, std::string_view text = trapping) {
    const std::vector<u8> artefact = must(load(engine, text).precompile());
    const fs::path path = scratch / "guest.cwasm";
    write_file(path, {reinterpret_cast<const char*>(artefact.data()), artefact.size()});
    return path;
  }

  ScratchDirectory scratch;
};

TEST_F(Precompiled, RunsWhereItWasMade) {
  Engine first = make_engine();
  Engine second = make_engine();
  const fs::path path = precompile_with(first);

  const Component component = must(second.load_precompiled(path));

  EXPECT_EQ(component.name(), "guest.cwasm");
  ASSERT_EQ(component.exports().size(), 5u);
  EXPECT_EQ(component.exports()[0].signature, "func() -> u32");
  const Guest<> guest(Linker<>(second), component);
  EXPECT_THAT((guest.call<"answer", u32()>()), Gives(42u));
}

TEST_F(Precompiled, AsyncComponentsFindTheirEngine) {
  const fs::path path = precompile_with(make_engine(), R"((component
    (core module $main (func (export "answer") (result i32) (i32.const 42)))
    (core instance $main (instantiate $main))
    (func (export "answer") async (result u32) (canon lift (core func $main "answer")))))");
  Engine engine = make_engine();

  const Component component = must(engine.load_precompiled(path));

  EXPECT_TRUE(component.needs_concurrency());
  const Guest<> guest(Linker<>(engine), component);
  EXPECT_THAT((guest.call<"answer", u32()>()), Gives(42u));
}

TEST_F(Precompiled, OfAnotherConfigurationIsRefused) {
  const fs::path path = precompile_with(make_engine());

  Engine other = make_engine({.fuel = true});
  EXPECT_THAT(other.load_precompiled(path),
              Fails(ErrorCode::not_loadable, "cannot load 'guest.cwasm': "));
  Engine off = make_engine({.signal_handlers = false});
  EXPECT_THAT(off.load_precompiled(path),
              Fails(ErrorCode::not_loadable, "cannot load 'guest.cwasm': "));
  expect_bystander_answers();
}

TEST_F(Precompiled, WhatIsNoArtefactIsRefused) {
  Engine engine = make_engine();
  const fs::path path = scratch / "wrong.cwasm";

  const std::vector<u8> component = assemble(trapping);
  write_file(path, {reinterpret_cast<const char*>(component.data()), component.size()});
  EXPECT_THAT(engine.load_precompiled(path),
              Fails(ErrorCode::not_loadable, "cannot load 'wrong.cwasm': "));
  write_file(path, "");
  EXPECT_THAT(engine.load_precompiled(path),
              Fails(ErrorCode::not_loadable, "cannot load 'wrong.cwasm': "));
  write_file(path, "hello");
  EXPECT_THAT(engine.load_precompiled(path),
              Fails(ErrorCode::not_loadable, "cannot load 'wrong.cwasm': "));
  EXPECT_THAT(engine.load_precompiled(scratch / "absent.cwasm"),
              Fails(ErrorCode::io, "absent.cwasm"));
}

// --------------------------------------------------------------------------------- signal handlers

// These tests change the process: each runs in one of its own.
class SignalHandlers : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

volatile sig_atomic_t signals_seen = 0;
void note_signal(int) { signals_seen = signals_seen + 1; }

constexpr int trap_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

void install_own_handlers() {
  for (const int signal : trap_signals) {
    struct sigaction action{};
    action.sa_handler = note_signal;
    ::sigaction(signal, &action, nullptr);
  }
}
bool own_handlers_are_installed() {
  return std::ranges::all_of(trap_signals, [](int signal) {
    struct sigaction action{};
    ::sigaction(signal, nullptr, &action);
    return action.sa_handler == note_signal;
  });
}

// 0: all well. Ends the process.
[[noreturn]] void traps_without_handlers() {
  install_own_handlers();
  Engine engine = make_engine({.signal_handlers = false});
  const auto prepared = must(Linker<>(engine).prepare(load(engine, trapping)));

  expect_all_traps_work(prepared);

  if (testing::Test::HasFailure()) std::_Exit(1);
  if (!own_handlers_are_installed()) std::_Exit(2);
  if (signals_seen != 0) std::_Exit(3);
  std::_Exit(0);
}

TEST_F(SignalHandlers, AnEngineWithoutThemLeavesTheProcessesAlone) {
  EXPECT_EXIT(traps_without_handlers(), testing::ExitedWithCode(0), "");
}

[[noreturn]] void traps_with_handlers_over_the_processes() {
  install_own_handlers();
  Engine engine = make_engine();
  const auto prepared = must(Linker<>(engine).prepare(load(engine, trapping)));

  expect_all_traps_work(prepared);
  if (testing::Test::HasFailure()) std::_Exit(1);
  if (signals_seen != 0) std::_Exit(2);
  // What is no guest's fault still reaches the process's own handler.
  ::raise(SIGSEGV);
  ::raise(SIGFPE);
  std::_Exit(signals_seen == 2 ? 0 : 3);
}

TEST_F(SignalHandlers, AnEngineWithThemPassesOnWhatIsNotItsOwn) {
  EXPECT_EXIT(traps_with_handlers_over_the_processes(), testing::ExitedWithCode(0), "");
}

// ------------------------------------------------------------------------------------------- pools

class Pool : public testing::Test {
 protected:
  Engine engine = make_engine({.pool = PoolOptions{.instances = 2,
                                                   .memory_bytes_max = std::uint64_t{16} << 20,
                                                   .table_elements_max = 1000}});
  PreparedComponent<> prepared = must(Linker<>(engine).prepare(load(engine, trapping)));
};

TEST_F(Pool, IsFullAtItsSizeAndFreeAgainAfterADrop) {
  std::optional<Guest<>> first(std::in_place, prepared);
  const Guest<> second(prepared);

  Store<> store;
  const auto third = prepared.instantiate(store);
  EXPECT_THAT(third, Fails(ErrorCode::limit, "cannot instantiate 'guest': "));
  EXPECT_THAT(third, Fails(ErrorCode::limit, "2"));

  first.reset();
  const Guest<> fourth(prepared);
  EXPECT_THAT((fourth.call<"answer", u32()>()), Gives(42u));
  EXPECT_THAT((second.call<"answer", u32()>()), Gives(42u));
}

TEST_F(Pool, SlotsAreCleanWhenTheyAreUsedAgain) {
  constexpr std::string_view writer = R"((component
    (core module $main (memory 1)
      (func (export "swap") (param i32) (result i32) (local i32)
        (local.set 1 (i32.load (i32.const 1024)))
        (i32.store (i32.const 1024) (local.get 0))
        (local.get 1)))
    (core instance $main (instantiate $main))
    (func (export "swap") (param "word" u32) (result u32) (canon lift (core func $main "swap")))))";
  const auto writing = must(Linker<>(engine).prepare(load(engine, writer)));

  for (int i = 0; i < 20; ++i) {
    const Guest<> guest(writing);
    EXPECT_THAT((guest.call<"swap(word)", u32(u32)>(0xdead'beefu)), Gives(0u)) << i;
    EXPECT_THAT((guest.call<"swap(word)", u32(u32)>(1u)), Gives(0xdead'beefu)) << i;
  }
}

TEST_F(Pool, TrapsFreeTheirSlots) {
  for (int i = 0; i < 10; ++i) {
    const Guest<> guest(prepared);
    EXPECT_THAT((guest.call<"crash", void()>()), Fails(ErrorCode::trap, "unreachable"));
  }
  expect_all_traps_work(prepared);
}

TEST_F(Pool, AComponentThatIsTooLargeIsRefusedWithAReason) {
  const auto loaded = engine.load(
      assemble("(component (core module $m (memory 1000)) (core instance (instantiate $m)))"),
      "large");

  ASSERT_FALSE(loaded.has_value());
  EXPECT_THAT(loaded.error().message(), testing::HasSubstr("cannot load 'large': "));
  EXPECT_THAT(loaded.error().message(), testing::HasSubstr("memory"));
}

TEST(EngineOptionsTest, WrongOptionsAreRefusedAtOnce) {
  EXPECT_THAT(Engine::create({.pool = PoolOptions{.instances = 0}}),
              Fails(ErrorCode::invalid_argument, "instances"));
  // A fiber cannot be smaller than the guest's part of it.
  EXPECT_THAT(Engine::create({.guest_stack_bytes = 8 << 20, .fiber_stack_bytes = 1 << 20}),
              Fails(ErrorCode::invalid_argument, "stack"));
}

TEST(EngineOptionsTest, TheGuestsStackIsAsLargeAsAsked) {
  constexpr std::string_view recursive = R"((component
    (core module $main
      (func $down (param $n i64) (result i64)
        (if (result i64) (i64.eqz (local.get $n)) (then (i64.const 0))
          (else (i64.add (call $down (i64.sub (local.get $n) (i64.const 1))) (local.get $n)))))
      (func (export "down") (param i32) (result i64) (call $down (i64.extend_i32_u (local.get 0)))))
    (core instance $main (instantiate $main))
    (func (export "down") (param "n" u32) (result u64) (canon lift (core func $main "down")))))";
  Engine small = make_engine({.guest_stack_bytes = 64 << 10});
  Engine large = make_engine({.guest_stack_bytes = 4 << 20, .fiber_stack_bytes = 6 << 20});

  EXPECT_THAT((Guest<>(Linker<>(small), load(small, recursive)).call<"down(n)", u64(u32)>(20'000u)),
              Fails(ErrorCode::stack, "call stack exhausted"));
  EXPECT_THAT((Guest<>(Linker<>(large), load(large, recursive)).call<"down(n)", u64(u32)>(20'000u)),
              Gives(u64{200'010'000}));
}

}  // namespace
}  // namespace capstan::seam
