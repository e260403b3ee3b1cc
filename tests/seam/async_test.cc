// Synchronous imports served by tasks: the guest's stack waits, its thread does not have to.
#include "seam.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace capstan::seam {
namespace {

using std::chrono::milliseconds;

// ----------------------------------------------------------------------------------- the host side

// Something that is waited for; opened from any thread. Counts how often it was asked.
class Gate {
 public:
  void open(u32 value) {
    Waker waiting;
    {
      const std::lock_guard lock(mutex_);
      value_ = value;
      waiting = waker_;
    }
    waiting.wake();
  }
  void wake_without_reason() {
    Waker waiting;
    {
      const std::lock_guard lock(mutex_);
      waiting = waker_;
    }
    waiting.wake();
  }

  Task<u32> wait() {
    Waiting waiting(*this);
    base::LeafAwaiter<Waiting> awaiter{waiting};
    co_return co_await awaiter;
  }

  int polls = 0;

 private:
  class Waiting final : public base::Leaf {
   public:
    explicit Waiting(Gate& gate) : gate_(gate) {}
    bool ready(const Waker& waker) override {
      const std::lock_guard lock(gate_.mutex_);
      ++gate_.polls;
      gate_.waker_ = waker;
      return gate_.value_.has_value();
    }
    u32 take() {
      const std::lock_guard lock(gate_.mutex_);
      return *gate_.value_;
    }

   private:
    Gate& gate_;
  };

  std::mutex mutex_;
  std::optional<u32> value_;
  Waker waker_;
};

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
  static constexpr std::string_view wit_resource = "test:slow/host.page";
  explicit Page(Gate& gate) : gate_(gate) {}
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  virtual ~Page() = default;

  Task<u32> read(u32 plus) { co_return co_await gate_.wait() + plus; }

 private:
  Gate& gate_;
};

class Slow {
 public:
  Task<u32> fetch(u32 n) {
    const Alive alive(frames);
    ++started;
    co_return co_await gates[n].wait();
  }
  // Takes no time, although it could.
  Task<u32> instant(u32 n) { return n + 1; }
  Task<std::string> repeat(std::string text, u32 times) {
    co_await gates[0].wait();
    std::string all;
    for (u32 i = 0; i < times; ++i) all += text;
    co_return all;
  }

  std::map<u32, Gate> gates;
  int frames = 0;
  int started = 0;
};

constexpr abi::FunctionShape slow_functions[] = {
    abi::function<&Slow::fetch>("fetch", "n"),
    abi::function<&Slow::instant>("instant", "n"),
    abi::function<&Slow::repeat>("repeat", "text, times"),
    abi::function<&Page::read>("[method]page.read", "plus"),
};
constexpr host::ResourceShape slow_resources[] = {host::resource<Page>("page")};
constexpr host::InterfaceShape slow_interface{"test:slow/host", slow_functions, slow_resources};

// Waits for gate 7 in its start function.
constexpr std::string_view slow_starter = R"((component
  (import "test:slow/host" (instance $host (export "fetch" (func (param "n" u32) (result u32)))))
  (core func $fetch (canon lower (func $host "fetch")))
  (core module $main (import "host" "fetch" (func $fetch (param i32) (result i32)))
    (global $value (mut i32) (i32.const 0))
    (func $start (global.set $value (call $fetch (i32.const 7))))
    (start $start)
    (func (export "value") (result i32) (global.get $value)))
  (core instance $main (instantiate $main (with "host" (instance (export "fetch" (func $fetch))))))
  (func (export "value") (result u32) (canon lift (core func $main "value")))))";

// ------------------------------------------------------------------------------------- event loops

// An embedder's event loop in small: polls a task when it was woken, and sleeps in between.
class Loop {
 public:
  void add(Task<void> task) {
    tasks_.push_back(std::move(task));
    wake(tasks_.size() - 1);
  }

  // Until all tasks are finished.
  void run() {
    std::size_t left = tasks_.size();
    while (left > 0) {
      const std::size_t next = wait();
      if (tasks_[next].done()) continue;
      ++polls;
      if (tasks_[next].poll(Waker([this, next] { wake(next); }))) --left;
    }
  }

  int polls = 0;

 private:
  void wake(std::size_t task) {
    {
      const std::lock_guard lock(mutex_);
      woken_.push_back(task);
    }
    changed_.notify_one();
  }
  std::size_t wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !woken_.empty(); });
    const std::size_t first = woken_.front();
    woken_.pop_front();
    return first;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> woken_;
  std::deque<Task<void>> tasks_;
};

template <typename T>
Task<void> deliver(Task<T> task, std::optional<T>& to) {
  T value = co_await std::move(task);
  to.emplace(std::move(value));
}

class Async : public testing::Test {
 protected:
  Async() {
    must(linker.add(slow_interface, host::serve_with(host)));
    prepared.emplace(must(linker.prepare(load(wat("slow")))));
  }

  Slow host;
  Linker<> linker{engine()};
  std::optional<PreparedComponent<>> prepared;
};

// ---------------------------------------------------------------------------------- blocking calls

TEST_F(Async, PreparedComponentsKnowWhetherCallsMaySuspend) {
  EXPECT_TRUE(prepared->may_suspend());
  EXPECT_FALSE(must(Linker<>(engine()).prepare(load("(component)"))).may_suspend());
}

TEST_F(Async, ATaskThatIsReadyAtOnceNeverSuspends) {
  const Guest<> guest(*prepared);

  EXPECT_THAT((guest.call<"instant(n)", u32(u32)>(41u)), Gives(42u));

  Poller poller;
  auto task = guest.start<"instant(n)", u32(u32)>(41u);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42u));
}

TEST_F(Async, ATaskOfAProviderThatNeverSuspendsIsServedWithoutAStackOfItsOwn) {
  Linker<> quick(engine());
  const std::shared_ptr<Slow> shared = std::make_shared<Slow>();
  must(quick.add(slow_interface, host::serve_shared(shared, host::Suspends::never)));
  const auto served = must(quick.prepare(load(wat("slow"))));
  const Guest<> guest(served);

  EXPECT_FALSE(served.may_suspend());
  EXPECT_THAT((guest.call<"instant(n)", u32(u32)>(41u)), Gives(42u));
}

TEST_F(Async, ATaskThatWaitsAlthoughItsProviderNeverSuspendsIsAnError) {
  Linker<> quick(engine());
  const std::shared_ptr<Slow> shared = std::make_shared<Slow>();
  must(quick.add(slow_interface, host::serve_shared(shared, host::Suspends::never)));
  const Guest<> guest(must(quick.prepare(load(wat("slow")))));

  const auto result = guest.call<"run(n)", u32(u32)>(1u);

  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message(), testing::HasSubstr("pending"));
  EXPECT_EQ(shared->frames, 0);
}

TEST_F(Async, ABlockingCallSleepsUntilAnotherThreadWakesIt) {
  const Guest<> guest(*prepared);
  std::jthread opener([this, &gate = host.gates[1]] {
    std::this_thread::sleep_for(milliseconds(50));
    gate.open(41);
  });

  EXPECT_THAT((guest.call<"run(n)", u32(u32)>(1u)), Gives(42u));

  // Asked when it was called and when it was woken; a stray wake-up of this thread may add one, a
  // busy loop would ask thousands of times.
  EXPECT_LE(host.gates[1].polls, 4);
  EXPECT_EQ(host.frames, 0);
}

TEST_F(Async, OwnedArgumentsAndResultsSurviveTheWait) {
  const Guest<> guest(*prepared);
  std::jthread opener([&gate = host.gates[0]] {
    std::this_thread::sleep_for(milliseconds(10));
    gate.open(0);
  });

  EXPECT_THAT((guest.call<"repeat(text, times)", std::string(std::string_view, u32)>("ab", 3u)),
              Gives("ababab"));
}

TEST_F(Async, TheGuestsStackWaitsAtEveryDepth) {
  const Guest<> guest(*prepared);
  for (u32 n = 1; n <= 20; ++n) host.gates[n];
  std::jthread opener([this] {
    for (u32 n = 1; n <= 20; ++n) host.gates[n].open(n);
  });

  // 1*1 + 2*2 + ... + 20*20
  EXPECT_THAT((guest.call<"deep(n)", u32(u32)>(20u)), Gives(2870u));
}

TEST_F(Async, ATrapAfterAWaitIsReportedAsUsual) {
  const Guest<> guest(*prepared);
  host.gates[1].open(0);

  const auto crashed = guest.call<"crash-later(n)", void(u32)>(1u);

  ASSERT_THAT(crashed, Fails(ErrorCode::trap, "unreachable"));
  EXPECT_THAT(crashed.error().backtrace(), testing::HasSubstr("after-waiting"));
  EXPECT_THAT((guest.call<"ping", u32()>()), Fails(ErrorCode::trap, "the guest is finished"));
  EXPECT_THAT((Guest<>(*prepared).call<"ping", u32()>()), Gives(42u));
}

// ---------------------------------------------------------------------------------- calls as tasks

TEST_F(Async, ATaskIsPolledOnceForEachWake) {
  const Guest<> guest(*prepared);
  Poller poller;
  auto task = guest.start<"run(n)", u32(u32)>(1u);

  EXPECT_FALSE(poller.poll(task));
  EXPECT_EQ(poller.woken(), 0);
  EXPECT_EQ(host.started, 1);

  host.gates[1].open(41);
  EXPECT_GE(poller.woken(), 1);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42u));
  EXPECT_LE(host.gates[1].polls, 2);
}

TEST_F(Async, SpuriousPollsAndWakesDoNoHarm) {
  const Guest<> guest(*prepared);
  Poller poller;
  auto task = guest.start<"run(n)", u32(u32)>(1u);

  for (int i = 0; i < 5; ++i) EXPECT_FALSE(poller.poll(task));
  host.gates[1].wake_without_reason();
  EXPECT_FALSE(poller.poll(task));
  EXPECT_EQ(host.started, 1);

  host.gates[1].open(41);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42u));
}

TEST_F(Async, ATaskOutlivesWhatItWasMadeFrom) {
  const Guest<> guest(*prepared);
  const Guest<> other(*prepared);
  Instance handle = guest.instance;
  must(handle.bind(Export<"run(n)", u32(u32)>::world()));

  auto task = handle.call_async<u32, u32>(0, 1u);
  handle = other.instance;
  host.gates[1].open(41);

  EXPECT_THAT(block_on(std::move(task)), Gives(42u));
  EXPECT_THAT((guest.call<"calls", u32()>()), Gives(1u));
  EXPECT_THAT((other.call<"calls", u32()>()), Gives(0u));
}

TEST_F(Async, BlockOnDrivesATask) {
  const Guest<> guest(*prepared);
  std::jthread opener([&gate = host.gates[1]] {
    std::this_thread::sleep_for(milliseconds(20));
    gate.open(41);
  });

  EXPECT_THAT(block_on(guest.start<"run(n)", u32(u32)>(1u)), Gives(42u));
}

TEST_F(Async, ManySuspendedStoresShareOneThread) {
  constexpr u32 count = 25;
  std::vector<Guest<>> guests;
  std::vector<std::optional<Result<u32>>> answers(count);
  Loop loop;
  for (u32 n = 0; n < count; ++n) {
    guests.emplace_back(*prepared);
    host.gates[n];
    loop.add(deliver(guests.back().start<"run(n)", u32(u32)>(n), answers[n]));
  }
  // In the opposite order, from another thread.
  std::jthread opener([this] {
    for (u32 n = count; n-- > 0;) {
      std::this_thread::sleep_for(milliseconds(1));
      host.gates[n].open(1000 + n);
    }
  });

  loop.run();

  for (u32 n = 0; n < count; ++n) EXPECT_THAT(answers[n].value(), Gives(1001 + n)) << n;
  // One poll to begin and one after the wake-up of each; a little more is allowed, a busy loop is
  // not.
  EXPECT_LE(loop.polls, static_cast<int>(3 * count));
  EXPECT_EQ(host.frames, 0);
}

TEST_F(Async, NoWakeUpIsLost) {
  // Opening races with the first poll, in every possible order.
  for (int i = 0; i < 300; ++i) {
    Slow own;
    own.gates[1];
    Linker<> own_linker(engine());
    must(own_linker.add(slow_interface, host::serve_with(own)));
    const Guest<> guest(must(own_linker.prepare(prepared->component())));
    std::jthread opener([&own] { own.gates[1].open(41); });

    const auto answer = i % 2 == 0 ? guest.call<"run(n)", u32(u32)>(1u)
                                   : block_on(guest.start<"run(n)", u32(u32)>(1u));

    ASSERT_THAT(answer, Gives(42u)) << i;
  }
}

TEST_F(Async, HostFunctionsHaveRoomWhenTheGuestsStackIsFull) {
  class Greedy {
   public:
    Task<u32> fetch(u32 n) { return use(n); }
    static u32 use(u32 n) {
      volatile char room[512 * 1024];
      for (std::size_t i = 0; i < sizeof room; i += 1024) room[i] = static_cast<char>(n);
      return static_cast<u32>(room[0]);
    }
  } greedy;
  static constexpr abi::FunctionShape functions[] = {abi::function<&Greedy::fetch>("fetch", "n")};
  Linker<> own(engine());
  must(own.add({"test:slow/host", functions, {}}, host::serve_with(greedy)));
  const auto sinking = must(own.prepare(load(R"((component
    (import "test:slow/host" (instance $host (export "fetch" (func (param "n" u32) (result u32)))))
    (core func $fetch (canon lower (func $host "fetch")))
    (core module $main (import "host" "fetch" (func $fetch (param i32) (result i32)))
      (func $sink (export "sink") (param $depth i32) (result i32)
        (if (result i32) (local.get $depth)
          (then (i32.add (call $sink (i32.sub (local.get $depth) (i32.const 1))) (i32.const 0)))
          (else (call $fetch (i32.const 7))))))
    (core instance $main (instantiate $main (with "host" (instance (export "fetch"
      (func $fetch))))))
    (func (export "sink") (param "depth" u32) (result u32) (canon lift
      (core func $main "sink")))))")));

  // The deepest call that the guest's stack allows, to a few frames.
  u32 deepest = 0;
  for (u32 step = 1 << 20; step > 2; step /= 2) {
    const auto sunk = Guest<>(sinking).call<"sink(depth)", u32(u32)>(deepest + step);
    if (sunk) {
      EXPECT_EQ(*sunk, 7u);
      deepest += step;
    } else {
      EXPECT_THAT(sunk, Fails(ErrorCode::stack, "call stack exhausted"));
    }
  }

  EXPECT_GT(deepest, 1000u);
}

Task<Result<u32>> both(const Guest<>& first, const Guest<>& second) {
  auto one = first.start<"run(n)", u32(u32)>(1u);
  Result<u32> a = co_await std::move(one);
  if (!a) co_return a;
  auto two = second.start<"run(n)", u32(u32)>(*a);
  Result<u32> b = co_await std::move(two);
  co_return b;
}

TEST_F(Async, CallsAreAwaitedInsideOfOtherTasks) {
  const Guest<> first(*prepared);
  const Guest<> second(*prepared);
  std::jthread opener([this] {
    host.gates[1].open(1);
    host.gates[2].open(41);
  });
  host.gates[2];

  EXPECT_THAT(block_on(both(first, second)), Gives(42u));
}

TEST_F(Async, ASuspendedCallContinuesOnAnotherThread) {
  const Guest<> guest(*prepared);
  Poller poller;
  auto task = guest.start<"deep(n)", u32(u32)>(3u);
  ASSERT_FALSE(poller.poll(task));

  for (u32 n = 3; n > 0; --n) {
    host.gates[n].open(10);
    std::jthread([&] { (void)poller.poll(task); }).join();
  }

  ASSERT_TRUE(task.done());
  EXPECT_THAT(task.take(), Gives(60u));
}

TEST_F(Async, AWaitingStoreIsBusyAndItsNeighboursAreNot) {
  Guest<> guest(*prepared);
  const Guest<> neighbour(*prepared);
  Poller poller;
  auto task = guest.start<"run(n)", u32(u32)>(1u);
  ASSERT_FALSE(poller.poll(task));

  EXPECT_THAT((guest.call<"ping", u32()>()),
              FailsWith(ErrorCode::busy, "the store is already running a call"));
  EXPECT_THAT(block_on(guest.start<"ping", u32()>()),
              Fails(ErrorCode::busy, "already running a call"));
  EXPECT_THAT(prepared->instantiate(guest.store), Fails(ErrorCode::busy, "already running a call"));
  EXPECT_THAT(guest.store.set_limits({}), Fails(ErrorCode::busy, "already running a call"));
  EXPECT_THAT((neighbour.call<"ping", u32()>()), Gives(42u));

  host.gates[1].open(41);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42u));
  EXPECT_THAT((guest.call<"ping", u32()>()), Gives(42u));
}

TEST_F(Async, AHostTaskMayWaitForAnotherGuest) {
  class Outer {
   public:
    Task<u32> ask(u32 n) {
      auto asked = inner->start<"run(n)", u32(u32)>(n);
      Result<u32> answer = co_await std::move(asked);
      co_return must(std::move(answer));
    }
    Guest<>* inner = nullptr;
  } outer;
  static constexpr abi::FunctionShape functions[] = {abi::function<&Outer::ask>("fetch", "n")};
  Linker<> outer_linker(engine());
  must(outer_linker.add({"test:slow/host", functions, {}}, host::serve_with(outer)));
  Guest<> inner(*prepared);
  outer.inner = &inner;
  host.gates[7].open(41);

  const Guest<> guest(outer_linker, load(slow_starter));

  EXPECT_THAT((guest.call<"value", u32()>()), Gives(42u));
}

// ------------------------------------------------------------------------------------ cancellation

TEST_F(Async, DestroyingATaskCancelsTheCall) {
  const Guest<> guest(*prepared);
  const Guest<> neighbour(*prepared);
  {
    Poller poller;
    auto task = guest.start<"run(n)", u32(u32)>(1u);
    ASSERT_FALSE(poller.poll(task));
    ASSERT_EQ(host.frames, 1);
  }

  EXPECT_EQ(host.frames, 0);
  EXPECT_THAT((guest.call<"ping", u32()>()),
              FailsWith(ErrorCode::trap, "the guest is finished: an earlier call was cancelled"));
  EXPECT_THAT((neighbour.call<"ping", u32()>()), Gives(42u));
  // Who was waited for does not know, and wakes in vain.
  host.gates[1].open(1);
}

TEST_F(Async, ATaskThatNeverBeganLeavesNoTrace) {
  const Guest<> guest(*prepared);
  {
    auto task = guest.start<"run(n)", u32(u32)>(1u);
  }

  EXPECT_EQ(host.started, 0);
  EXPECT_THAT((guest.call<"calls", u32()>()), Gives(0u));
}

TEST_F(Async, ObjectsLentToACancelledCallAreGivenBack) {
  const Guest<> guest(*prepared);
  Page page(host.gates[1]);
  {
    Poller poller;
    auto task = guest.start<"look(page)", u32(Borrow<Page>)>(Borrow<Page>(page));
    ASSERT_FALSE(poller.poll(task));
    EXPECT_EQ(guest.store.handles(), 1u);
  }
  EXPECT_EQ(guest.store.handles(), 0u);
}

TEST_F(Async, ObjectsLentToACallAreGivenBackAtItsEnd) {
  const Guest<> guest(*prepared);
  Page page(host.gates[1]);
  host.gates[1].open(41);

  EXPECT_THAT(block_on(guest.start<"look(page)", u32(Borrow<Page>)>(Borrow<Page>(page))),
              Gives(42u));
  EXPECT_EQ(guest.store.handles(), 0u);
  EXPECT_THAT((guest.call<"look(page)", u32(Borrow<Page>)>(Borrow<Page>(page))), Gives(42u));
  EXPECT_EQ(guest.store.handles(), 0u);
}

TEST_F(Async, TheEndOfAStoreEndsItsPendingCall) {
  std::optional<Guest<>> guest(std::in_place, *prepared);
  Poller poller;
  auto task = guest->start<"run(n)", u32(u32)>(1u);
  ASSERT_FALSE(poller.poll(task));

  guest.reset();

  EXPECT_EQ(host.frames, 0);
  host.gates[1].open(1);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), FailsWith(ErrorCode::invalid_argument,
                                     "the store ended while the call was in progress"));
}

TEST_F(Async, ATaskMayBeDestroyedAfterItsStore) {
  std::optional<Guest<>> guest(std::in_place, *prepared);
  {
    Poller poller;
    auto task = guest->start<"run(n)", u32(u32)>(1u);
    ASSERT_FALSE(poller.poll(task));
    guest.reset();
    EXPECT_EQ(host.frames, 0);
  }
  EXPECT_THAT((Guest<>(*prepared).call<"ping", u32()>()), Gives(42u));
}

// ----------------------------------------------------------------------------------- instantiation

TEST_F(Async, StartFunctionsWaitToo) {
  const auto slow = must(linker.prepare(load(slow_starter)));
  std::jthread opener([&gate = host.gates[7]] {
    std::this_thread::sleep_for(milliseconds(10));
    gate.open(42);
  });

  const Guest<> guest(slow);

  EXPECT_THAT((guest.call<"value", u32()>()), Gives(42u));
}

TEST_F(Async, InstantiationIsATaskToo) {
  const auto slow = must(linker.prepare(load(slow_starter)));
  Store<> store;
  Poller poller;
  auto task = slow.instantiate_async(store);
  ASSERT_FALSE(poller.poll(task));
  EXPECT_THAT(slow.instantiate(store), Fails(ErrorCode::busy, "already running a call"));

  host.gates[7].open(42);
  ASSERT_TRUE(poller.poll(task));
  const auto instance = task.take();

  ASSERT_THAT(instance, Succeeds());
  EXPECT_THAT((call<"value", u32()>(*instance)), Gives(42u));
}

TEST_F(Async, AnInstantiationOutlivesWhatItWasMadeFrom) {
  Store<> store;
  auto task = must(linker.prepare(load(slow_starter))).instantiate_async(store);
  host.gates[7].open(42);

  const auto instance = block_on(std::move(task));

  ASSERT_THAT(instance, Succeeds());
  EXPECT_THAT((call<"value", u32()>(*instance)), Gives(42u));
}

TEST_F(Async, ACancelledInstantiationFinishesTheStore) {
  const auto slow = must(linker.prepare(load(slow_starter)));
  Store<> store;
  {
    Poller poller;
    auto task = slow.instantiate_async(store);
    ASSERT_FALSE(poller.poll(task));
    ASSERT_EQ(host.frames, 1);
  }

  EXPECT_EQ(host.frames, 0);
  EXPECT_THAT(prepared->instantiate(store),
              Fails(ErrorCode::trap, "the guest is finished: an earlier call was cancelled"));
}

TEST_F(Async, TheEndOfAStoreEndsItsPendingInstantiation) {
  const auto slow = must(linker.prepare(load(slow_starter)));
  std::optional<Store<>> store(std::in_place);
  Poller poller;
  auto task = slow.instantiate_async(*store);
  ASSERT_FALSE(poller.poll(task));

  store.reset();

  EXPECT_EQ(host.frames, 0);
  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(),
              Fails(ErrorCode::invalid_argument, "the store ended while it was instantiating"));
}

TEST_F(Async, AStoreThatMovesTakesItsPendingCallAlong) {
  std::optional<Guest<>> guest(std::in_place, *prepared);
  Poller poller;
  auto task = guest->start<"run(n)", u32(u32)>(1u);
  ASSERT_FALSE(poller.poll(task));

  Store<> moved = std::move(guest->store);
  host.gates[1].open(41);

  ASSERT_TRUE(poller.poll(task));
  EXPECT_THAT(task.take(), Gives(42u));
}

}  // namespace
}  // namespace capstan::seam
