// WASI 0.3: the same grants as for 0.2, asked by a command in C (guests/wasi3_tool.c) that uses
// streams, futures and async functions.
#include "seam.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <expected>
#include <optional>

namespace capstan::seam {
namespace {

using Ran = std::expected<void, std::monostate>;

struct Outcome {
  Result<Ran> result = Ran();
  std::string out;
};

const PreparedComponent<>& tool() {
  static const PreparedComponent<> prepared = [] {
    Linker<> linker(engine());
    linker.add_wasi();
    return must(linker.prepare(must(engine().load_file(CAPSTAN_SEAM_TOOL3))));
  }();
  return prepared;
}

Outcome run(std::vector<std::string> arguments, Wasi wasi = {}, Limits limits = {}) {
  Outcome outcome;
  wasi.arguments.emplace_back("tool");
  for (std::string& argument : arguments) wasi.arguments.push_back(std::move(argument));
  wasi.standard_output = wasi::append_to(outcome.out);
  Store<> store(NoState{}, {.limits = limits, .wasi = std::move(wasi)});
  auto instance = tool().instantiate(store);
  outcome.result = instance ? call<"wasi:cli/run@0.3.0#run", Ran()>(*instance)
                            : Result<Ran>(std::unexpected(std::move(instance).error()));
  return outcome;
}

// A port of this machine that listens while it exists.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_, any, size) != 0 || ::listen(fd_, 8) != 0 || ::getsockname(fd_, any, &size) != 0)
      throw std::runtime_error("no port to listen at");
    port_ = ntohs(address.sin_port);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(fd_); }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

TEST(Wasi03, CommandsRunOnTheConcurrentEngine) {
  EXPECT_TRUE(tool().component().needs_concurrency());
  EXPECT_TRUE(tool().may_suspend());

  const Outcome greeted = run({"arguments", "one", "", "two words"});

  ASSERT_THAT(greeted.result, Succeeds());
  EXPECT_TRUE(greeted.result->has_value());
  EXPECT_EQ(greeted.out, "[tool][arguments][one][][two words]");
  EXPECT_FALSE(run({"unknown"}).result->has_value()) << "the command's own error is a value";
}

TEST(Wasi03, CommandsRunAsTasks) {
  std::string out;
  Store<> store(NoState{}, {.wasi = {.arguments = {"tool", "sleep", "20"},
                                     .standard_output = wasi::append_to(out)}});
  const Instance instance = must(tool().instantiate(store));

  auto task = start<"wasi:cli/run@0.3.0#run", Ran()>(instance);

  EXPECT_FALSE(Poller().poll(task)) << "it sleeps first";
  EXPECT_THAT(block_on(std::move(task)), Succeeds());
  EXPECT_EQ(out, "slept");
}

TEST(Wasi03, GrantsAreThoseOf02) {
  ::setenv("CAPSTAN_SEAM_SECRET", "secret", 1);
  EXPECT_EQ(run({"environment"}).out, "");
  EXPECT_EQ(run({"environment"}, {.environment = {{"HOME", "/data"}}}).out, "[HOME]=[/data]");

  EXPECT_EQ(run({"copy"}).out, "");
  const std::string large(300'000, 'x');
  EXPECT_EQ(run({"copy"}, {.standard_input = wasi::Bytes{large}}).out, large);
  EXPECT_EQ(run({"random"}).out, "different");
}

TEST(Wasi03, ExitStatusesReachTheHost) {
  const Outcome three = run({"exit", "3"});

  ASSERT_THAT(three.result, FailsWith(ErrorCode::exit, "the guest exited with status 3"));
  EXPECT_EQ(three.result.error().exit_status(), 3);
}

TEST(Wasi03, ADeadlineEndsASleep) {
  const auto begin = std::chrono::steady_clock::now();

  const Outcome slept = run({"sleep", "20000"}, {}, {.deadline_ms = 100});

  EXPECT_THAT(slept.result, Fails(ErrorCode::deadline, "the time limit ran out"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(Wasi03, BothVersionsInOneComponent) {
  Linker<> linker(engine());
  linker.add_wasi();

  const Guest<> guest(linker, load(R"((component
    (import "wasi:random/random@0.2.3" (instance $two (export "get-random-u64" (func
      (result u64)))))
    (import "wasi:random/random@0.3.0" (instance $three (export "get-random-u64" (func
      (result u64)))))
    (core func $two (canon lower (func $two "get-random-u64")))
    (core func $three (canon lower (func $three "get-random-u64")))
    (core module $main (import "random" "two" (func $two (result i64)))
      (import "random" "three" (func $three (result i64)))
      (func (export "differ") (result i32) (i64.ne (call $two) (call $three))))
    (core instance $main (instantiate $main (with "random" (instance
      (export "two" (func $two)) (export "three" (func $three))))))
    (func (export "differ") (result bool) (canon lift (core func $main "differ")))))"));

  EXPECT_THAT((guest.call<"differ", bool()>()), Gives(true));
}

TEST(Wasi03, NeedsAnEngineWithConcurrency) {
  Engine off = make_engine({.concurrency = Concurrency::off});

  EXPECT_THAT(off.load_file(CAPSTAN_SEAM_TOOL3), Fails(ErrorCode::unsupported, "WASI 0.3"));
}

TEST(Wasi03, AVersionThatTheEngineLacksIsNamedWithThoseItHas) {
  Linker<> linker(engine());
  linker.add_wasi();
  const Component component = load(R"((component (import "wasi:random/random@0.3.0-rc-2025-09-16"
    (instance (export "get-random-u64" (func (result u64)))))))");

  EXPECT_THAT(linker.prepare(component),
              Fails(ErrorCode::not_linkable,
                    "the host provides other versions of it: wasi:random/random@0.2.12, "
                    "wasi:random/random@0.3.0"));
}

TEST(NetworkGrants, NothingIsReachedWithoutOne) {
  const Listener listener;

  EXPECT_EQ(run({"connect", listener.port()}).out, "no sockets");
  EXPECT_EQ(run({"resolve", "localhost"}).out, "off");
}

TEST(NetworkGrants, TheWholeNetwork) {
  const Listener listener;

  EXPECT_EQ(run({"connect", listener.port()}, {.network = true}).out, "ok");
  EXPECT_EQ(run({"resolve", "localhost"}, {.network = true}).out, "found");
}

TEST(NetworkGrants, OneAddress) {
  const Listener granted;
  const Listener other;
  const Wasi wasi{.allowed_addresses = {"127.0.0.1:" + granted.port()}};

  EXPECT_EQ(run({"connect", granted.port()}, wasi).out, "ok");
  EXPECT_EQ(run({"connect", other.port()}, wasi).out, "denied");
  EXPECT_EQ(run({"resolve", "localhost"}, wasi).out, "denied");
}

TEST(NetworkGrants, ANameStandsForItsAddresses) {
  const Listener granted;
  const Listener other;
  const Wasi wasi{.allowed_addresses = {"localhost:" + granted.port()}};

  EXPECT_EQ(run({"connect", granted.port()}, wasi).out, "ok");
  EXPECT_EQ(run({"connect", other.port()}, wasi).out, "denied");
  EXPECT_EQ(run({"resolve", "LOCALHOST"}, wasi).out, "found");
  EXPECT_EQ(run({"resolve", "example.org"}, wasi).out, "denied");
}

TEST(NetworkGrants, ListeningNeedsOneToo) {
  std::string port;
  {
    const Listener free;
    port = free.port();
  }

  EXPECT_EQ(run({"listen", port}, {.allowed_addresses = {"127.0.0.1:1"}}).out, "denied");
  EXPECT_EQ(run({"listen", port}, {.allowed_addresses = {"127.0.0.1:" + port}}).out, "ok");
}

TEST(NetworkGrants, AnUnreadableOneIsAClearError) {
  EXPECT_THAT(
      run({"random"}, {.allowed_addresses = {"example.org"}}).result,
      FailsWith(ErrorCode::invalid_argument,
                "cannot instantiate 'seam-tool3.component.wasm': `example.org` is no address: the "
                "port is missing; write host:port, for example example.org:443, 127.0.0.1:* or "
                "[::1]:80"));
}

TEST(NetworkGrants, NamesFor02TooAreOnlyThoseGranted) {
  Linker<> linker(engine());
  linker.add_wasi();
  const auto prepared = must(linker.prepare(load(wat("resolver"))));

  const Guest<> with(prepared, {.wasi = {.allowed_addresses = {"localhost:80"}}});
  EXPECT_THAT((with.call<"resolve", u32()>()), Gives(99u));
  const Guest<> without(prepared, {.wasi = {.allowed_addresses = {"example.org:80"}}});
  EXPECT_THAT((without.call<"resolve", u32()>()), Gives(1u)) << "access-denied";
}

}  // namespace
}  // namespace capstan::seam
