// WASI: a guest gets what its store's options grant, and nothing else.
//
// The guest is a command-line tool (guests/wasi_tool.c); what WASI's C library cannot ask for is
// asked in text.
#include "seam.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <expected>
#include <filesystem>
#include <optional>

namespace capstan::seam {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What one run of the tool did.
struct Outcome {
  Result<std::expected<void, std::monostate>> result;
  std::string out;
  std::string err;

  // 0 and 1 as the command line knows them.
  [[nodiscard]] int status() const {
    if (result) return *result ? 0 : 1;
    return result.error().code() == ErrorCode::exit ? result.error().exit_status() : -1;
  }
};

const PreparedComponent<>& tool() {
  static const PreparedComponent<> prepared = [] {
    Linker<> linker(engine());
    linker.add_wasi();
    return must(linker.prepare(must(engine().load_file(CAPSTAN_SEAM_TOOL))));
  }();
  return prepared;
}

// Arguments come after the program's name; standard output and error are collected, unless they are
// set.
Outcome run(std::vector<std::string> arguments, Wasi wasi = {}, Limits limits = {}) {
  Outcome outcome{.result = std::expected<void, std::monostate>(), .out = {}, .err = {}};
  wasi.arguments.emplace_back("tool");
  for (std::string& argument : arguments) wasi.arguments.push_back(std::move(argument));
  if (wasi.standard_output.index() == 0) wasi.standard_output = wasi::append_to(outcome.out);
  if (wasi.standard_error.index() == 0) wasi.standard_error = wasi::append_to(outcome.err);
  Store<> store(NoState{}, {.limits = limits, .wasi = std::move(wasi)});
  auto instance = tool().instantiate(store);
  if (!instance) {
    outcome.result = std::unexpected(std::move(instance).error());
  } else {
    outcome.result =
        call<"wasi:cli/run@0.2.0#run", std::expected<void, std::monostate>()>(*instance);
  }
  return outcome;
}

// ----------------------------------------------------------------------- arguments and environment

TEST(WasiGrants, Arguments) {
  EXPECT_EQ(run({"arguments", "one", "", "two words"}).out, "[tool][arguments][one][][two words]");
}

TEST(WasiGrants, NothingOfTheHostsEnvironmentIsVisible) {
  ::setenv("CAPSTAN_SEAM_SECRET", "secret", 1);

  EXPECT_EQ(run({"environment"}).out, "");
  EXPECT_EQ(run({"environment"}, {.environment = {{"HOME", "/data"}, {"EMPTY", ""}}}).out,
            "[HOME=/data][EMPTY=]");
}

// ----------------------------------------------------------------------------------------- streams

TEST(WasiGrants, StandardInputIsEmptyUnlessGiven) {
  EXPECT_EQ(run({"copy"}).out, "");
  EXPECT_EQ(run({"copy"}, {.standard_input = wasi::Bytes{"from memory"}}).out, "from memory");

  const std::string large(300'000, 'x');
  EXPECT_EQ(run({"copy"}, {.standard_input = wasi::Bytes{large}}).out, large);
}

TEST(WasiGrants, StandardInputFromADescriptor) {
  const ScratchDirectory scratch;
  write_file(scratch / "input", "from a file");
  const int fd = ::open((scratch / "input").c_str(), O_RDONLY);

  const Outcome copied = run({"copy"}, {.standard_input = wasi::Descriptor{fd}});

  EXPECT_EQ(copied.out, "from a file");
  EXPECT_EQ(::close(fd), 0) << "the descriptor stays the caller's";
}

TEST(WasiGrants, OutputAndErrorGoWhereTheyWereSentTo) {
  const Outcome both = run({"both"});
  EXPECT_EQ(both.out, "to standard output");
  EXPECT_EQ(both.err, "to standard error");

  const ScratchDirectory scratch;
  const int fd = ::open((scratch / "output").c_str(), O_WRONLY | O_CREAT, 0600);
  const Outcome one = run({"both"}, {.standard_output = wasi::Descriptor{fd}});
  EXPECT_EQ(one.out, "");
  EXPECT_EQ(one.err, "to standard error");
  EXPECT_EQ(read_file(scratch / "output"), "to standard output");
  EXPECT_EQ(::close(fd), 0);
}

TEST(WasiGrants, OutputIsDiscardedUnlessSentSomewhere) {
  Store<> store(NoState{}, {.wasi = {.arguments = {"tool", "both"}}});
  const Instance instance = must(tool().instantiate(store));

  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const auto ran = call<"wasi:cli/run@0.2.0#run", std::expected<void, std::monostate>()>(instance);

  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_THAT(ran, Succeeds());
}

TEST(WasiGrants, OutputIsTheProcessesOwnWhenInherited) {
  testing::internal::CaptureStdout();
  (void)run({"both"}, {.standard_output = wasi::Inherit{}});

  EXPECT_EQ(testing::internal::GetCapturedStdout(), "to standard output");
}

TEST(WasiGrants, AClosedDescriptorIsAClearError) {
  EXPECT_THAT(run({"copy"}, {.standard_input = wasi::Descriptor{9999}}).result,
              Fails(ErrorCode::io, "cannot duplicate file descriptor 9999"));
  EXPECT_THAT(run({"copy"}, {.standard_output = wasi::Descriptor{-1}}).result,
              Fails(ErrorCode::invalid_argument, "-1 is no file descriptor"));
}

TEST(WasiGrants, ASinkThatThrowsLosesItsWriteOnly) {
  const wasi::Sink throwing{[](std::string_view) { throw std::runtime_error("full"); }};

  const Outcome both = run({"both"}, {.standard_output = throwing});

  EXPECT_EQ(both.status(), 0);
  EXPECT_EQ(both.err, "to standard error");
}

// ------------------------------------------------------------------------------------- directories

class WasiDirectories : public testing::Test {
 protected:
  WasiDirectories() {
    std::filesystem::create_directory(scratch / "inside");
    write_file(scratch / "outside.txt", "outside");
    write_file(scratch / "inside" / "note.txt", "a note");
  }
  [[nodiscard]] wasi::Directory inside(wasi::Access access = wasi::Access::read_only) const {
    return {.host = scratch / "inside", .guest = "/data", .access = access};
  }

  ScratchDirectory scratch;
};

TEST_F(WasiDirectories, NoneIsVisibleUnlessGranted) {
  const Outcome read = run({"read", (scratch / "inside" / "note.txt").string()});

  EXPECT_EQ(read.status(), 1);
  EXPECT_EQ(read.out, "");
}

TEST_F(WasiDirectories, AreReadOnlyByDefault) {
  EXPECT_EQ(run({"read", "/data/note.txt"}, {.directories = {inside()}}).out, "a note");

  const Outcome written = run({"write", "/data/new.txt", "new"}, {.directories = {inside()}});
  EXPECT_EQ(written.status(), 1);
  EXPECT_THAT(written.err, StartsWith("/data/new.txt: "));
  EXPECT_FALSE(std::filesystem::exists(scratch / "inside" / "new.txt"));

  EXPECT_EQ(run({"write", "/data/note.txt", "changed"}, {.directories = {inside()}}).status(), 1);
  EXPECT_EQ(run({"remove", "/data/note.txt"}, {.directories = {inside()}}).status(), 1);
  EXPECT_EQ(read_file(scratch / "inside" / "note.txt"), "a note");
}

TEST_F(WasiDirectories, AreWrittenWhenGranted) {
  const Wasi wasi{.directories = {inside(wasi::Access::read_write)}};

  EXPECT_EQ(run({"write", "/data/new.txt", "new"}, wasi).status(), 0);
  EXPECT_EQ(read_file(scratch / "inside" / "new.txt"), "new");

  EXPECT_EQ(run({"remove", "/data/new.txt"}, wasi).status(), 0);
  EXPECT_FALSE(std::filesystem::exists(scratch / "inside" / "new.txt"));
}

TEST_F(WasiDirectories, WorkWithoutBlockingTheGuestsThread) {
  const Wasi wasi{.directories = {inside(wasi::Access::read_write)}, .block_on_files = false};

  EXPECT_EQ(run({"write", "/data/new.txt", "new"}, wasi).status(), 0);
  EXPECT_EQ(run({"read", "/data/new.txt"}, wasi).out, "new");
  // With a deadline, calls into WASI may suspend.
  EXPECT_EQ(run({"read", "/data/new.txt"}, wasi, {.deadline_ms = 10'000}).out, "new");
}

TEST_F(WasiDirectories, AreNotLeft) {
  std::filesystem::create_symlink(scratch / "outside.txt", scratch / "inside" / "link.txt");
  const Wasi wasi{.directories = {inside(wasi::Access::read_write)}};

  EXPECT_EQ(run({"read", "/data/../outside.txt"}, wasi).status(), 1);
  EXPECT_EQ(run({"read", "/data/link.txt"}, wasi).status(), 1);
  EXPECT_EQ(run({"write", "/data/../outside.txt", "changed"}, wasi).status(), 1);
  EXPECT_EQ(read_file(scratch / "outside.txt"), "outside");
}

TEST_F(WasiDirectories, SeveralKeepTheirOwnRights) {
  std::filesystem::create_directory(scratch / "output");
  const Wasi wasi{
      .directories = {
          inside(),
          {.host = scratch / "output", .guest = "/out", .access = wasi::Access::read_write}}};

  EXPECT_EQ(run({"write", "/out/file", "x"}, wasi).status(), 0);
  EXPECT_EQ(run({"write", "/data/file", "x"}, wasi).status(), 1);
  EXPECT_EQ(read_file(scratch / "output" / "file"), "x");
}

TEST_F(WasiDirectories, ThatDoNotExistAreAClearError) {
  const std::string missing = scratch / "missing";

  const Outcome read =
      run({"read", "/data/x"}, {.directories = {{.host = missing, .guest = "/data"}}});

  EXPECT_THAT(read.result,
              Fails(ErrorCode::io, fmt::format("cannot open directory `{}`: ", missing)));
  EXPECT_THAT(run({"read", "/data/x"},
                  {.directories = {{.host = scratch / "outside.txt", .guest = "/data"}}})
                  .result,
              Fails(ErrorCode::io, "outside.txt"));
}

// -------------------------------------------------------------------------------------------- exit

TEST(WasiExit, StatusesReachTheHost) {
  EXPECT_EQ(run({"arguments"}).status(), 0);

  const Outcome zero = run({"exit", "0"});
  EXPECT_EQ(zero.status(), 0);

  // The translation from WASI preview 1 knows success and failure only.
  const Outcome three = run({"exit", "3"});
  EXPECT_THAT(three.result, FailsWith(ErrorCode::exit, "the guest exited with status 1"));
  EXPECT_EQ(three.status(), 1);
}

TEST(WasiExit, AStatusOfItsOwn) {
  Linker<> linker(engine());
  linker.add_wasi();
  const Guest<> guest(linker, load(R"((component
    (import "wasi:cli/exit@0.2.12" (instance $exit (export "exit-with-code" (func
      (param "status-code" u8)))))
    (core func $exit (canon lower (func $exit "exit-with-code")))
    (core module $main (import "exit" "exit" (func $exit (param i32)))
      (func (export "leave") (param i32) (call $exit (local.get 0))))
    (core instance $main (instantiate $main (with "exit" (instance (export "exit" (func $exit))))))
    (func (export "leave") (param "status" u32) (canon lift (core func $main "leave")))))"));

  const auto left = guest.call<"leave(status)", void(u32)>(3u);

  ASSERT_THAT(left, FailsWith(ErrorCode::exit, "the guest exited with status 3"));
  EXPECT_EQ(left.error().exit_status(), 3);
  EXPECT_THAT((guest.call<"leave(status)", void(u32)>(0u)),
              Fails(ErrorCode::trap, "the guest is finished"));
}

TEST(WasiExit, AnAbortIsATrap) {
  EXPECT_THAT(run({"abort"}).result, Fails(ErrorCode::trap, "unreachable"));
}

// ------------------------------------------------------------------------------- clocks and random

TEST(WasiGrants, ClocksAlwaysWork) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());

  const Outcome clocks = run({"clocks"});

  EXPECT_THAT(clocks.out, HasSubstr(" slept"));
  EXPECT_NEAR(static_cast<double>(std::atoll(clocks.out.c_str())), static_cast<double>(now), 5);
}

TEST(WasiGrants, RandomBytesAlwaysWork) {
  const std::string first = run({"random"}).out;

  EXPECT_EQ(first.size(), 32u);
  EXPECT_NE(first, run({"random"}).out);
}

TEST(WasiGrants, DeadlineEndsASleepInWasi) {
  const auto begin = std::chrono::steady_clock::now();

  const Outcome slept = run({"sleep", "20000"}, {}, {.deadline_ms = 100});

  EXPECT_THAT(slept.result, Fails(ErrorCode::deadline, "the time limit ran out"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

// ----------------------------------------------------------------------------------------- network

TEST(WasiNetwork, IsOffUnlessGranted) {
  Linker<> linker(engine());
  linker.add_wasi();
  const auto prepared = must(linker.prepare(load(wat("resolver"))));

  const Guest<> without(prepared);
  const auto refused = without.call<"resolve", u32()>();

  ASSERT_THAT(refused, Succeeds());
  EXPECT_THAT(*refused, testing::AnyOf(1u, 18u, 20u)) << "an error of the guest, not an address";

  const Guest<> with(prepared, {.wasi = {.network = true}});
  EXPECT_THAT((with.call<"resolve", u32()>()), Gives(99u));
}

TEST(WasiLinking, ImportsOfEveryWasi02VersionLink) {
  Linker<> linker(engine());
  linker.add_wasi();
  for (const std::string_view version : {"0.2.0", "0.2.3", "0.2.12"}) {
    const std::string text = fmt::format(R"((component
      (import "wasi:random/random@{}" (instance
        (export "get-random-u64" (func (result u64)))))))",
                                         version);
    EXPECT_THAT(linker.prepare(load(text)), Succeeds()) << version;
  }
}

TEST(WasiLinking, AnInterfaceOfTheHostWinsOverTheEngines) {
  class Fixed {
   public:
    u64 number() { return 42; }
  } host;
  static constexpr abi::FunctionShape functions[] = {
      abi::function<&Fixed::number>("get-random-u64")};
  Linker<> linker(engine());
  linker.add_wasi();
  must(linker.add({"wasi:random/random@0.2.0", functions, {}}, host::serve_with(host)));

  const Guest<> guest(linker, load(R"((component
    (import "wasi:random/random@0.2.0" (instance $random (export "get-random-u64" (func
      (result u64)))))
    (core func $number (canon lower (func $random "get-random-u64")))
    (core module $main (import "random" "number" (func $number (result i64)))
      (func (export "number") (result i64) (call $number)))
    (core instance $main (instantiate $main (with "random" (instance (export "number"
      (func $number))))))
    (func (export "number") (result u64) (canon lift (core func $main "number")))))"));

  EXPECT_THAT((guest.call<"number", u64()>()), Gives(u64{42}));
}

TEST(WasiLinking, AWrongTypeOfAWasiFunctionIsALinkError) {
  Linker<> linker(engine());
  linker.add_wasi();
  const Component component = load(R"((component (import "wasi:random/random@0.2.0" (instance
    (export "get-random-u64" (func (result string)))))))");

  EXPECT_THAT(linker.prepare(component), Fails(ErrorCode::not_linkable, "get-random-u64"));
}

}  // namespace
}  // namespace capstan::seam
