// Functions that are `async func` in WIT: imported ones served by tasks and by plain functions,
// exported ones called with and without an event loop.
#include "seam.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>

namespace capstan::seam {
namespace {

using std::chrono::milliseconds;

// Counts its own kind: what a suspended host function holds.
struct Alive {
  explicit Alive(int& count_in) : count(&count_in) { ++*count; }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
  ~Alive() { --*count; }
  int* count;
};

class Page {
 public:
  static constexpr std::string_view wit_resource = "test:remote/host.page";
  explicit Page(int& destroyed) : destroyed_(destroyed) {}
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  virtual ~Page() { ++destroyed_; }

  Task<u32> read() { co_return co_await gate.wait(); }
  Completion<u32> gate;

 private:
  int& destroyed_;
};

// Serves the interface with tasks.
class Remote {
 public:
  Task<u32> fetch(u32 n) {
    const Alive alive(frames);
    order.push_back(n);
    co_return co_await gates[n].wait();
  }
  Task<std::string> greet(std::string name) {
    (void)co_await gates[0].wait();
    co_return "hello " + name;
  }
  std::unique_ptr<Page> open() {
    auto page = std::make_unique<Page>(pages_destroyed);
    last = page.get();
    return page;
  }

  std::map<u32, Completion<u32>> gates;
  std::vector<u32> order;
  Page* last = nullptr;
  int frames = 0;
  int pages_destroyed = 0;
};

// Serves the same interface with plain functions.
class Local {
 public:
  u32 fetch(u32 n) { return 10 * n; }
  std::string greet(std::string_view name) { return fmt::format("good day, {}", name); }
  std::unique_ptr<Page> open() { return std::make_unique<Page>(pages_destroyed); }
  int pages_destroyed = 0;
};

constexpr abi::FunctionShape remote_functions[] = {
    abi::function<&Remote::fetch>("fetch", "n"),
    abi::function<&Remote::greet>("greet", "name"),
    abi::function<&Remote::open>("open"),
    abi::function<&Page::read>("[method]page.read"),
};
constexpr abi::FunctionShape local_functions[] = {
    abi::function<&Local::fetch>("fetch", "n"),
    abi::function<&Local::greet>("greet", "name"),
    abi::function<&Local::open>("open"),
    abi::function<&Page::read>("[method]page.read"),
};
constexpr host::ResourceShape resources[] = {host::resource<Page>("page")};
constexpr host::InterfaceShape remote_interface{"test:remote/host", remote_functions, resources};
constexpr host::InterfaceShape local_interface{"test:remote/host", local_functions, resources};

// The interface, for guests that are made here.
constexpr std::string_view import_text = R"(
  (import "test:remote/host" (instance $host
    (export "page" (type $page (sub resource)))
    (export "fetch" (func async (param "n" u32) (result u32)))
    (export "greet" (func async (param "name" string) (result string)))
    (export "open" (func (result (own $page))))
    (export "[method]page.read" (func async (param "self" (borrow $page)) (result u32)))))
  (alias export $host "page" (type $page))
)";

class AsyncFunctions : public testing::Test {
 protected:
  AsyncFunctions() {
    must(linker.add(remote_interface, host::serve_with(host)));
    must(local_linker.add(local_interface, host::serve_with(local)));
    component.emplace(load(wat("remote")));
    prepared.emplace(must(linker.prepare(*component)));
  }

  void expect_finished(const Guest<>& guest, Where where = Where::current()) {
    const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()),
                                     "afterwards");
    EXPECT_THAT((guest.call<"ping", u32()>()), Fails(ErrorCode::trap, "the guest is finished"));
    EXPECT_THAT((Guest<>(*prepared).call<"ping", u32()>()), Gives(42u));
  }

  Remote host;
  Local local;
  Linker<> linker{engine()};
  Linker<> local_linker{engine()};
  std::optional<Component> component;
  std::optional<PreparedComponent<>> prepared;
};

// ----------------------------------------------------------------------------------------- imports

TEST_F(AsyncFunctions, TheComponentSaysWhatIsAsync) {
  EXPECT_TRUE(component->needs_concurrency());
  std::vector<std::string> async;
  for (const ComponentItem& item : component->imports()) {
    if (item.is_async) async.push_back(item.name);
  }
  EXPECT_THAT(async, testing::ElementsAre("fetch", "greet", "[method]page.read"));
}

TEST_F(AsyncFunctions, ImportsAreServedByTasks) {
  const Guest<> guest(*prepared);
  std::jthread opener([this] {
    std::this_thread::sleep_for(milliseconds(20));
    host.gates[1].complete(41);
  });
  host.gates[1];

  EXPECT_THAT((guest.call<"run(n)", u32(u32)>(1u)), Gives(42u));
  EXPECT_EQ(host.frames, 0);
}

TEST_F(AsyncFunctions, ImportsAreServedByPlainFunctions) {
  const Guest<> guest(local_linker, *component);

  EXPECT_THAT((guest.call<"run(n)", u32(u32)>(4u)), Gives(41u));
  EXPECT_THAT((guest.call<"greet(name)", std::string(std::string_view)>("guest")),
              Gives("good day, guest"));
  EXPECT_THAT((guest.call<"both", u32()>()), Gives(10'020u));
  EXPECT_THAT((guest.call<"later(n)", u32(u32)>(4u)), Gives(41u));
}

TEST_F(AsyncFunctions, OneClassServesBothDialects) {
  // The same host class under the synchronous interface of before: the linker chooses by the
  // component's type.
  const std::string body = R"(
    (core func $fetch (canon lower (func $host "fetch")))
    (core module $main (import "host" "fetch" (func $fetch (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (call $fetch (local.get 0))))
    (core instance $main (instantiate $main (with "host" (instance (export "fetch"
      (func $fetch))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $main "run"))))";
  const Component sync =
      load(fmt::format("(component {}{})", replace(import_text, " async", ""), body));
  EXPECT_FALSE(sync.needs_concurrency());
  host.gates[1].complete(42);

  const Guest<> guest(linker, sync);
  const Guest<> async_guest(*prepared);

  EXPECT_THAT((guest.call<"run(n)", u32(u32)>(1u)), Gives(42u));
  host.gates[2].complete(42);
  EXPECT_THAT((async_guest.call<"run(n)", u32(u32)>(2u)), Gives(43u));
}

TEST_F(AsyncFunctions, TextCrossesBothWaysInAnAsyncCall) {
  const Guest<> guest(*prepared);
  host.gates[0];
  std::jthread opener([this] {
    std::this_thread::sleep_for(milliseconds(10));
    host.gates[0].complete(0);
  });

  EXPECT_THAT((guest.call<"greet(name)", std::string(std::string_view)>("guest")),
              Gives("hello guest"));
}

TEST_F(AsyncFunctions, TwoCallsOfOneGuestWaitAtOnce) {
  const Guest<> guest(*prepared);
  Poller poller;
  auto task = guest.start<"both", u32()>();
  ASSERT_FALSE(poller.poll(task));
  EXPECT_THAT(host.order, testing::ElementsAre(1, 2));
  EXPECT_EQ(host.frames, 2);

  // The second is ready before the first.
  host.gates[2].complete(7);
  EXPECT_GE(poller.woken(), 1);
  EXPECT_FALSE(poller.poll(task));
  EXPECT_EQ(host.frames, 1);
  host.gates[1].complete(42);

  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42'007u));
  EXPECT_EQ(host.frames, 0);
}

TEST_F(AsyncFunctions, ABorrowLastsUntilTheCallIsOver) {
  const Guest<> guest(*prepared);
  Poller poller;
  auto task = guest.start<"read(early)", u32(u32)>(0u);
  ASSERT_FALSE(poller.poll(task));

  host.last->gate.complete(42);

  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42u));
  EXPECT_EQ(host.pages_destroyed, 1);
}

TEST_F(AsyncFunctions, AnObjectIsNotDroppedWhileItIsLent) {
  const Guest<> guest(*prepared);

  // The guest drops its page while a method of the page is waiting.
  EXPECT_THAT((guest.call<"read(early)", u32(u32)>(1u)),
              Fails(ErrorCode::trap, "cannot remove owned resource while borrowed"));

  expect_finished(guest);
}

// ----------------------------------------------------------------------------------------- exports

TEST_F(AsyncFunctions, ExportsWithACallbackAreCalledBothWays) {
  const Guest<> guest(*prepared);
  host.gates[1];
  std::jthread opener([this] {
    std::this_thread::sleep_for(milliseconds(10));
    host.gates[1].complete(41);
  });
  EXPECT_THAT((guest.call<"later(n)", u32(u32)>(1u)), Gives(42u));

  Poller poller;
  auto task = guest.start<"later(n)", u32(u32)>(2u);
  ASSERT_FALSE(poller.poll(task));
  host.gates[2].complete(99);
  EXPECT_GE(poller.woken(), 1);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(100u));
  EXPECT_EQ(host.frames, 0);
}

TEST_F(AsyncFunctions, NobodyPollsWhileAnAsyncCallWaits) {
  const Guest<> guest(*prepared);
  Poller poller;
  auto task = guest.start<"later(n)", u32(u32)>(1u);
  ASSERT_FALSE(poller.poll(task));
  // The engine may ask for another poll or two to settle, and then no more.
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(poller.poll(task));
  poller.forget();

  std::this_thread::sleep_for(milliseconds(30));

  EXPECT_EQ(poller.woken(), 0);
  host.gates[1].complete(41);
  EXPECT_GE(poller.woken(), 1);
  EXPECT_LE(poller.woken(), 3);
  ASSERT_TRUE(poller.poll(task));
}

TEST_F(AsyncFunctions, ATrapInACallbackEndsTheCall) {
  const Guest<> guest(*prepared);
  Poller poller;
  auto task = guest.start<"crash-later(n)", u32(u32)>(1u);
  ASSERT_FALSE(poller.poll(task));

  host.gates[1].complete(41);

  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Fails(ErrorCode::trap, "unreachable"));
  EXPECT_EQ(host.frames, 0);
  expect_finished(guest);
}

TEST_F(AsyncFunctions, DeadlineEndsAWaitingCall) {
  const Guest<> blocking(*prepared, {.limits = {.deadline_ms = 50}});
  EXPECT_THAT((blocking.call<"later(n)", u32(u32)>(1u)),
              FailsWith(ErrorCode::deadline, "the time limit ran out"));
  EXPECT_EQ(host.frames, 0);
  expect_finished(blocking);

  const Guest<> driven(*prepared, {.limits = {.deadline_ms = 50}});
  EXPECT_THAT(block_on(driven.start<"both", u32()>()),
              Fails(ErrorCode::deadline, "the time limit ran out"));
  EXPECT_EQ(host.frames, 0);
  expect_finished(driven);
}

// -------------------------------------------------------------------------------------- cancelling

TEST_F(AsyncFunctions, TheGuestCancelsACall) {
  const Guest<> guest(*prepared);

  // 4: cancelled before it returned.
  EXPECT_THAT((guest.call<"cancel(n)", u32(u32)>(1u)), Gives(4u));

  EXPECT_EQ(host.frames, 0);
  EXPECT_THAT((guest.call<"ping", u32()>()), Gives(42u));
}

TEST_F(AsyncFunctions, DestroyingATaskDropsAllItsFrames) {
  const Guest<> guest(*prepared);
  {
    Poller poller;
    auto task = guest.start<"both", u32()>();
    ASSERT_FALSE(poller.poll(task));
    ASSERT_EQ(host.frames, 2);
  }

  EXPECT_EQ(host.frames, 0);
  expect_finished(guest);
  host.gates[1].complete(1);
}

TEST_F(AsyncFunctions, TheEndOfAStoreDropsAllFramesOfItsCall) {
  std::optional<Guest<>> guest(std::in_place, *prepared);
  Poller poller;
  auto task = guest->start<"both", u32()>();
  ASSERT_FALSE(poller.poll(task));

  guest.reset();

  EXPECT_EQ(host.frames, 0);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Fails(ErrorCode::invalid_argument, "the store ended"));
}

TEST_F(AsyncFunctions, AnObjectLentToACancelledCallIsDestroyedOnce) {
  {
    const Guest<> guest(*prepared);
    Poller poller;
    auto task = guest.start<"read(early)", u32(u32)>(0u);
    ASSERT_FALSE(poller.poll(task));
    EXPECT_EQ(guest.store.handles(), 1u);
  }
  EXPECT_EQ(host.pages_destroyed, 1);
}

// ----------------------------------------------------------------------------------------- results

// A component whose `give` returns `type`, made of these flat words, in one of two ways.
struct Results {
  std::string type;
  std::string core_types;
  std::string constants;
};

std::string given_by_task_return(const Results& results) {
  return with_libc(fmt::format(R"(
    (core func $return (canon task.return (result {0}) (memory $memory)))
    (core module $main
      (import "libc" "memory" (memory 1))
      (import "async" "return" (func $return (param {1})))
      (func (export "give") (result i32) (call $return {2}) (i32.const 0))
      (func (export "event") (param i32 i32 i32) (result i32) (unreachable))
      (data (i32.const 64) "text of an async export")
      (data (i32.const 128) "\01\00\00\00\02\00\00\00\03\00\00\00"
        "\04\00\00\00\05\00\00\00\06\00\00\00")
      (data (i32.const 192) "\2a\00\00\00"))
    (core instance $main (instantiate $main (with "libc" (instance $libc))
      (with "async" (instance (export "return" (func $return))))))
    (func (export "give") async (result {0})
      (canon lift (core func $main "give") async (memory $memory) (callback
        (core func $main "event")))))",
                               results.type, results.core_types, results.constants));
}

template <typename T>
void expect_result(const Results& results, const T& value, Where where = Where::current()) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), results.type);
  const Guest<> guest(Linker<>(engine()), load(given_by_task_return(results)));

  EXPECT_THAT((guest.call<"give", T()>()), Gives(value));
  EXPECT_THAT(block_on(guest.start<"give", T()>()), Gives(value));
}

TEST(AsyncResults, OfEverySize) {
  using Sixteen = std::array<u32, 16>;
  using Seventeen = std::array<u32, 17>;
  std::string sixteen_types;
  std::string sixteen_constants;
  Sixteen sixteen{};
  for (u32 i = 0; i < 16; ++i) {
    sixteen_types += " i32";
    sixteen_constants += fmt::format(" (i32.const {})", i * i);
    sixteen[i] = i * i;
  }
  Seventeen seventeen{1, 2, 3, 4, 5, 6};
  seventeen[16] = 42;

  expect_result<u32>({"u32", "i32", "(i32.const 42)"}, 42);
  expect_result<u64>({"u64", "i64", "(i64.const 0x123456789abcdef0)"}, 0x1234'5678'9abc'def0u);
  expect_result<double>({"f64", "f64", "(f64.const 1.5)"}, 1.5);
  expect_result<std::tuple<u32, u64>>({"(tuple u32 u64)", "i32 i64", "(i32.const 7) (i64.const 8)"},
                                      {7u, 8u});
  expect_result<std::optional<u64>>({"(option u64)", "i32 i64", "(i32.const 1) (i64.const 9)"}, 9u);
  expect_result<std::string>({"string", "i32 i32", "(i32.const 64) (i32.const 23)"},
                             "text of an async export");
  expect_result<std::vector<u32>>({"(list u32)", "i32 i32", "(i32.const 128) (i32.const 3)"},
                                  {1, 2, 3});
  expect_result<Sixteen>({"(list u32 16)", sixteen_types, sixteen_constants}, sixteen);
  expect_result<Seventeen>({"(list u32 17)", "i32", "(i32.const 128)"}, seventeen);
}

TEST(AsyncResults, OfASynchronousLift) {
  const Guest<> guest(Linker<>(engine()), load(with_libc(R"(
    (core module $main
      (import "libc" "memory" (memory 1))
      (func (export "pair") (result i32)
        (i32.store (i32.const 16) (i32.const 7)) (i64.store (i32.const 24) (i64.const 8))
          (i32.const 16))
      (func (export "text") (result i32)
        (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 4))
          (i32.const 16))
      (func (export "nothing"))
      (data (i32.const 64) "text"))
    (core instance $main (instantiate $main (with "libc" (instance $libc))))
    (func (export "pair") async (result (tuple u32 u64)) (canon lift (core func $main "pair")
      (memory $memory)))
    (func (export "text") async (result string) (canon lift (core func $main "text")
      (memory $memory)))
    (func (export "nothing") async (canon lift (core func $main "nothing"))))")));

  EXPECT_THAT((guest.call<"pair", std::tuple<u32, u64>()>()), Gives(std::tuple(7u, u64{8})));
  EXPECT_THAT((guest.call<"text", std::string()>()), Gives("text"));
  EXPECT_THAT((guest.call<"nothing", void()>()), Succeeds());
  EXPECT_THAT(block_on(guest.start<"text", std::string()>()), Gives("text"));
}

TEST(AsyncResults, ThatPointNowhere) {
  const auto give = [](std::string type, std::string words) {
    return Guest<>(Linker<>(engine()),
                   load(given_by_task_return({std::move(type), "i32 i32", std::move(words)})));
  };
  const Guest<> far = give("string", "(i32.const 65536) (i32.const 1)");
  EXPECT_THAT((far.call<"give", std::string()>()), Fails(ErrorCode::trap, "pointer out of bounds"));

  const Guest<> odd = give("(list u32)", "(i32.const 2) (i32.const 1)");
  EXPECT_THAT(block_on(odd.start<"give", std::vector<u32>()>()),
              Fails(ErrorCode::trap, "not aligned"));
  expect_bystander_answers();
}

TEST(AsyncResults, OfATaskThatNeverReturns) {
  // The callback says that the task is over, and nobody called task.return.
  const Guest<> guest(Linker<>(engine()), load(R"((component
    (core module $main
      (func (export "give") (result i32) (i32.const 0))
      (func (export "event") (param i32 i32 i32) (result i32) (unreachable)))
    (core instance $main (instantiate $main))
    (func (export "give") async (result u32)
      (canon lift (core func $main "give") async (callback (core func $main "event"))))))"));

  EXPECT_THAT((guest.call<"give", u32()>()), Fails(ErrorCode::trap, "failed to produce a result"));
  expect_bystander_answers();
}

}  // namespace
}  // namespace capstan::seam
