// Calls through the C table, made as the engine makes them.
#include <capstan/abi/testing.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

namespace capstan::abi {
namespace {

using fake::Counter;
using fake::Failure;
using fake::Guest;
using Words = std::vector<std::uint64_t>;

// The engine's waker, which counts its clones.
struct Bell {
  int rung = 0;
  int clones = 0;  // that are alive

  [[nodiscard]] capstan_waker waker() { return {this, &vtable}; }

  static capstan_waker clone(const void* data) noexcept {
    auto* self = static_cast<Bell*>(const_cast<void*>(data));
    ++self->clones;
    return self->waker();
  }
  static void wake(const void* data) noexcept {
    ++static_cast<Bell*>(const_cast<void*>(data))->rung;
  }
  static void drop(const void* data) noexcept {
    --static_cast<Bell*>(const_cast<void*>(data))->clones;
  }
  static constexpr capstan_waker_vtable vtable = {&clone, &wake, &drop};
};

// One call of one function: enter, poll and lower as told, drop at the end.
class Call {
 public:
  Call(Guest& guest, const FunctionShape& shape, void* host)
      : guest_(guest),
        shape_(shape),
        bound_{&shape_, "test:abi/things", {[](void* context, void*) { return context; }, host}},
        frame_(::operator new(shape.frame_bytes, std::align_val_t(shape.frame_align))) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (entered_) shape_.drop(frame_);
    ::operator delete(frame_, std::align_val_t(shape_.frame_align));
  }

  capstan_status enter(Words words) {
    words_ = std::move(words);
    return enter_with(guest_.lift_call(&words_, 0));
  }
  capstan_status enter_at(std::uint32_t offset) {
    return enter_with(guest_.lift_call(nullptr, offset));
  }
  // All steps in one; the result is left in `word`.
  capstan_status direct(Words words) {
    words_ = std::move(words);
    capstan_lift call = guest_.lift_call(&words_, 0);
    capstan_error* error = nullptr;
    const capstan_status status = shape_.direct(&bound_, &call, &word, &error);
    failure = Failure(error);
    return status;
  }
  capstan_status poll() {
    capstan_error* error = nullptr;
    const capstan_waker waker = bell.waker();
    const capstan_status status = shape_.poll(frame_, &waker, &error);
    failure = Failure(error);
    return status;
  }
  Words lower(std::size_t word_count) {
    Words words(word_count);
    capstan_lower call = guest_.lower_call(&words, 0);
    failure = Failure(shape_.lower(frame_, &call));
    return words;
  }
  std::uint32_t lower_to_memory(std::uint32_t size, std::uint32_t align) {
    const std::uint32_t offset = guest_.place(std::string(size, '\0'), align);
    capstan_lower call = guest_.lower_call(nullptr, offset);
    failure = Failure(shape_.lower(frame_, &call));
    return offset;
  }

  Bell bell;
  Failure failure;
  std::uint64_t word = 0;

 private:
  capstan_status enter_with(capstan_lift call) {
    capstan_error* error = nullptr;
    const capstan_waker waker = bell.waker();
    entered_ = true;
    const capstan_status status = shape_.enter(&bound_, &call, frame_, &waker, &error);
    failure = Failure(error);
    return status;
  }

  Guest& guest_;
  FunctionShape shape_;
  BoundFunction bound_;
  void* frame_;
  Words words_;
  bool entered_ = false;
};

// What an interface's class looks like; it keeps what it was given.
class Host {
 public:
  std::uint32_t add(std::uint32_t a, std::uint32_t b) { return a + b; }
  void nothing() { ++calls; }
  std::uint64_t look(std::string_view text, std::span<const std::uint16_t> numbers) {
    text_at = text.data();
    numbers_at = numbers.data();
    return text.size() + numbers.size();
  }
  std::string greet(const std::string& name, fake::Level) const { return "hello " + name; }
  std::vector<std::string> many(fake::Seventeen value) {
    return {std::get<1>(value), fmt::format("{}", std::get<0>(value)[14])};
  }
  std::expected<std::uint32_t, std::string> checked(std::int32_t number) {
    if (number < 0) return std::unexpected("negative");
    return static_cast<std::uint32_t>(number);
  }
  void throws(std::uint32_t) { throw std::runtime_error("the disk is on fire"); }
  void throws_a_number() { throw 7; }
  std::string bad_text() { return "\xff"; }
  std::unique_ptr<Counter> open(std::uint32_t start) {
    auto counter = std::make_unique<Counter>(alive);
    counter->add(start);
    return counter;
  }
  std::uint32_t close(std::unique_ptr<Counter> counter) { return counter->total(); }
  std::uint32_t peek(const Counter& counter) { return counter.total(); }

  Task<std::string> at_once(std::string text) { return text + "!"; }
  Task<std::string> twice(std::string text) {
    Note note(log, "twice");
    const std::string prefix = co_await later.wait();
    co_return prefix + text + text;
  }
  Task<> wait(Counter& counter) {
    counter.add(1);
    (void)co_await later.wait();
    counter.add(1);
  }
  Task<std::uint32_t> fails_later() {
    (void)co_await later.wait();
    throw std::out_of_range("too late");
  }

  // Writes down when it ends.
  struct Note {
    std::vector<std::string>& log;
    std::string text;
    Note(std::vector<std::string>& log_in, std::string text_in)
        : log(log_in), text(std::move(text_in)) {}
    Note(const Note&) = delete;
    Note& operator=(const Note&) = delete;
    ~Note() { log.push_back("end of " + text); }
  };

  int calls = 0;
  int alive = 0;
  const void* text_at = nullptr;
  const void* numbers_at = nullptr;
  Completion<std::string> later;
  std::vector<std::string> log;
};

// -----------------------------------------------------------------------------------------
// signature

std::string signature_of(const FunctionShape& shape) { return shape.signature(shape.parameters); }

TEST(FunctionSignature, SpellsParametersAndResult) {
  EXPECT_EQ(signature_of(function<&Host::add>("add", "a, b")), "func(a: u32, b: u32) -> u32");
  EXPECT_EQ(signature_of(function<&Host::nothing>("nothing")), "func()");
  EXPECT_EQ(signature_of(function<&Host::look>("look", "text, numbers")),
            "func(text: string, numbers: list<u16>) -> u64");
  EXPECT_EQ(signature_of(function<&Host::greet>("greet", "name, level")),
            "func(name: string, level: enum { info, warn, error }) -> string");
  EXPECT_EQ(signature_of(function<&Host::throws>("throws", "n")), "func(n: u32)");
}

TEST(FunctionSignature, ATaskIsItsValue) {
  EXPECT_EQ(signature_of(function<&Host::twice>("twice", "text")), "func(text: string) -> string");
  EXPECT_EQ(signature_of(function<&Host::wait>("wait", "counter")),
            "func(counter: borrow<test:abi/things.counter>)");
}

TEST(FunctionSignature, AMethodHasASelf) {
  EXPECT_EQ(signature_of(function<&Counter::add>("[method]counter.add", "more")),
            "func(self: borrow<test:abi/things.counter>, more: u32) -> u32");
  EXPECT_EQ(signature_of(function<&Counter::total>("[method]counter.total")),
            "func(self: borrow<test:abi/things.counter>) -> u32");
}

TEST(FunctionSignature, OwnAndBorrow) {
  EXPECT_EQ(signature_of(function<&Host::close>("close", "counter")),
            "func(counter: own<test:abi/things.counter>) -> u32");
  EXPECT_EQ(signature_of(function<&Host::peek>("peek", "counter")),
            "func(counter: borrow<test:abi/things.counter>) -> u32");
}

TEST(FunctionSignature, OfAnExport) {
  EXPECT_EQ((ExportCall<std::string, std::string_view, std::uint32_t>::signature("text, n")),
            "func(text: string, n: u32) -> string");
  EXPECT_EQ((ExportCall<void>::signature("")), "func()");
}

TEST(FunctionShape, OnlyTasksMaySuspend) {
  EXPECT_EQ(function<&Host::add>("add", "a, b").flags, 0u);
  EXPECT_EQ(function<&Host::twice>("twice", "text").flags, std::uint32_t{CAPSTAN_MAY_SUSPEND});
}

// What a task may be given: it goes on when the call's arguments, and the guest's memory, are gone.
TEST(FunctionShape, TasksTakeOwnedArguments) {
  using detail::outlives_enter;
  static_assert(outlives_enter<std::uint32_t>);
  static_assert(outlives_enter<std::string>);
  static_assert(outlives_enter<std::vector<std::optional<fake::Person>>>);
  static_assert(outlives_enter<Counter&>);
  static_assert(outlives_enter<const Counter&>);
  static_assert(outlives_enter<std::unique_ptr<Counter>>);
  static_assert(outlives_enter<std::vector<Borrow<Counter>>>);

  static_assert(!outlives_enter<std::string_view>);
  static_assert(!outlives_enter<std::span<const std::uint8_t>>);
  static_assert(!outlives_enter<const std::string&>);
  static_assert(!outlives_enter<std::string&&>);
  static_assert(!outlives_enter<std::optional<std::string_view>>);
  static_assert(!outlives_enter<std::vector<std::array<std::string_view, 2>>>);
  static_assert(!outlives_enter<std::expected<void, std::tuple<std::span<const float>>>>);
}

// The engine calls `drop` for every frame, so it must be there even when it has nothing to do.
TEST(FunctionShape, EveryStepIsThere) {
  for (const FunctionShape& shape :
       {function<&Host::add>("add", "a, b"), function<&Host::nothing>("nothing"),
        function<&Host::twice>("t", "x")}) {
    EXPECT_NE(shape.enter, nullptr);
    EXPECT_NE(shape.poll, nullptr);
    EXPECT_NE(shape.lower, nullptr);
    EXPECT_NE(shape.drop, nullptr);
  }
}

// --------------------------------------------------------------------------------------- plain
// calls

TEST(FunctionCall, LiftsCallsAndLowers) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::add>("add", "a, b"), &host);

  EXPECT_EQ(call.enter({40, 2}), CAPSTAN_READY);
  EXPECT_EQ(call.lower(1), Words{42});
}

TEST(FunctionCall, WithoutParametersAndResult) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::nothing>("nothing"), &host);

  EXPECT_EQ(call.enter({}), CAPSTAN_READY);
  EXPECT_EQ(call.lower(0), Words());
  EXPECT_EQ(host.calls, 1);
}

TEST(FunctionCall, ViewsPointIntoGuestMemory) {
  Guest guest({.fuel = 0});
  Host host;
  const std::uint32_t text = guest.place("text");
  const std::uint32_t numbers = guest.place("\1\0\2\0");
  Call call(guest, function<&Host::look>("look", "text, numbers"), &host);

  EXPECT_EQ(call.enter({text, 4, numbers, 2}), CAPSTAN_READY);

  EXPECT_EQ(host.text_at, guest.memory().data() + text);
  EXPECT_EQ(host.numbers_at, guest.memory().data() + numbers);
  EXPECT_EQ(call.lower(1), Words{6});
}

TEST(FunctionCall, ConstReferencesAreLiftedAsValues) {
  Guest guest;
  Host host;
  const std::uint32_t name = guest.place("you");
  Call call(guest, function<&Host::greet>("greet", "name, level"), &host);

  EXPECT_EQ(call.enter({name, 3, 1}), CAPSTAN_READY);
  const std::uint32_t at = call.lower_to_memory(8, 4);

  EXPECT_EQ(guest.text(guest.peek<std::uint32_t>(at), guest.peek<std::uint32_t>(at + 4)),
            "hello you");
}

TEST(FunctionCall, MoreThanSixteenParametersComeThroughMemory) {
  Guest guest;
  Host host;
  const auto stored =
      guest.store(fake::Seventeen{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, "end"});
  Call call(guest, function<&Host::many>("many", "value"), &host);

  EXPECT_EQ(call.enter_at(stored.offset), CAPSTAN_READY);
  const std::uint32_t at = call.lower_to_memory(8, 4);

  EXPECT_EQ(*guest.load<std::vector<std::string>>(at), (std::vector<std::string>{"end", "15"}));
}

TEST(FunctionCall, DeclaredErrorsAreValues) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::checked>("checked", "number"), &host);

  EXPECT_EQ(call.enter({0xffff'ffff}), CAPSTAN_READY);
  const std::uint32_t at = call.lower_to_memory(12, 4);

  EXPECT_EQ(*(guest.load<std::expected<std::uint32_t, std::string>>(at)),
            (std::expected<std::uint32_t, std::string>(std::unexpect, "negative")));
}

TEST(FunctionDirect, IsThereForNothingAndForNumbers) {
  EXPECT_NE(function<&Host::add>("add", "a, b").direct, nullptr);
  EXPECT_NE(function<&Host::nothing>("nothing").direct, nullptr);
  EXPECT_EQ(function<&Host::greet>("greet", "name, level").direct, nullptr);
  EXPECT_EQ(function<&Host::open>("open", "start").direct, nullptr);
  EXPECT_EQ(function<&Host::twice>("twice", "text").direct, nullptr);
}

TEST(FunctionDirect, LiftsCallsAndGivesTheNumber) {
  Guest guest;
  Host host;
  Call add(guest, function<&Host::add>("add", "a, b"), &host);
  Call nothing(guest, function<&Host::nothing>("nothing"), &host);

  EXPECT_EQ(add.direct({40, 2}), CAPSTAN_READY);
  EXPECT_EQ(nothing.direct({}), CAPSTAN_READY);

  EXPECT_EQ(add.word, 42u);
  EXPECT_EQ(host.calls, 1);
}

TEST(FunctionDirect, BadArgumentsNeverReachTheHost) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::look>("look", "text, numbers"), &host);

  EXPECT_EQ(call.direct({16, 4, 17, 1}), CAPSTAN_FAILED);

  EXPECT_EQ(call.failure.message, "list pointer 0x11 is not aligned to 2 bytes");
  EXPECT_EQ(host.text_at, nullptr);
}

TEST(FunctionDirect, AnExceptionNamesTheFunction) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::throws>("throws", "n"), &host);

  EXPECT_EQ(call.direct({1}), CAPSTAN_FAILED);

  EXPECT_EQ(call.failure.message, "test:abi/things#throws threw: the disk is on fire");
}

// ------------------------------------------------------------------------------------------
// failures

TEST(FunctionFailure, BadArgumentsNeverReachTheHost) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::look>("look", "text, numbers"), &host);

  EXPECT_EQ(call.enter({16, 4, 17, 1}), CAPSTAN_FAILED);

  EXPECT_EQ(call.failure.message, "list pointer 0x11 is not aligned to 2 bytes");
  EXPECT_EQ(call.failure.code, CAPSTAN_ERROR_TRAP);
  EXPECT_EQ(host.text_at, nullptr);
}

TEST(FunctionFailure, AnExceptionNamesTheFunction) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::throws>("throws", "n"), &host);

  EXPECT_EQ(call.enter({1}), CAPSTAN_FAILED);

  EXPECT_EQ(call.failure.message, "test:abi/things#throws threw: the disk is on fire");
  EXPECT_EQ(call.failure.code, CAPSTAN_ERROR_HOST);
}

TEST(FunctionFailure, AnythingElseThrownIsReportedToo) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::throws_a_number>("odd"), &host);

  EXPECT_EQ(call.enter({}), CAPSTAN_FAILED);

  EXPECT_EQ(call.failure.message, "test:abi/things#odd threw something that is no std::exception");
  EXPECT_EQ(call.failure.code, CAPSTAN_ERROR_HOST);
}

TEST(FunctionFailure, AResultThatCannotBeLowered) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::bad_text>("bad-text"), &host);

  EXPECT_EQ(call.enter({}), CAPSTAN_READY);
  (void)call.lower_to_memory(8, 4);

  EXPECT_EQ(call.failure.message, "the host gave text that is not UTF-8 (bad sequence at byte 0)");
}

// -----------------------------------------------------------------------------------------
// resources

TEST(FunctionResource, OwnGoesOutAndComesIn) {
  Guest guest;
  Host host;
  Call open(guest, function<&Host::open>("open", "start"), &host);

  EXPECT_EQ(open.enter({5}), CAPSTAN_READY);
  const Words handle = open.lower(1);
  EXPECT_EQ(host.alive, 1);

  {
    Call close(guest, function<&Host::close>("close", "counter"), &host);
    EXPECT_EQ(close.enter(handle), CAPSTAN_READY);
    EXPECT_EQ(close.lower(1), Words{5});
  }
  EXPECT_EQ(host.alive, 0);
}

TEST(FunctionResource, AResultThatIsNeverLoweredEndsWithItsFrame) {
  Guest guest;
  Host host;
  {
    Call open(guest, function<&Host::open>("open", "start"), &host);
    EXPECT_EQ(open.enter({5}), CAPSTAN_READY);
    EXPECT_EQ(host.alive, 1);
  }

  EXPECT_EQ(host.alive, 0);
}

TEST(FunctionResource, AMethodFindsItsObject) {
  Guest guest;
  Host host;
  guest.lends = true;
  const std::uint32_t index = guest.own(host.open(10));
  Call call(guest, function<&Counter::add>("[method]counter.add", "more"), nullptr);

  EXPECT_EQ(call.enter({index, 7}), CAPSTAN_READY);

  EXPECT_EQ(call.lower(1), Words{17});
  EXPECT_EQ(host.alive, 1);
}

TEST(FunctionResource, AConstMethodAndAConstBorrow) {
  Guest guest;
  Host host;
  guest.lends = true;
  const std::uint32_t index = guest.own(host.open(3));
  Call total(guest, function<&Counter::total>("[method]counter.total"), nullptr);
  Call peek(guest, function<&Host::peek>("peek", "counter"), &host);

  EXPECT_EQ(total.enter({index}), CAPSTAN_READY);
  EXPECT_EQ(total.lower(1), Words{3});
  EXPECT_EQ(peek.enter({index}), CAPSTAN_READY);
  EXPECT_EQ(peek.failure.message, "");
  EXPECT_EQ(peek.lower(1), Words{3});
}

TEST(FunctionResource, AMethodOfAForeignHandleTraps) {
  Guest guest;
  guest.lends = true;
  const std::uint32_t lamp = guest.own(std::make_unique<fake::Lamp>());
  Call call(guest, function<&Counter::add>("[method]counter.add", "more"), nullptr);

  EXPECT_EQ(call.enter({lamp, 7}), CAPSTAN_FAILED);

  EXPECT_EQ(call.failure.message,
            "the guest's handle refers to no test:abi/things.counter of this host");
}

// ---------------------------------------------------------------------------------------------
// tasks

TEST(FunctionTask, AValueAtOnceNeedsNoWaker) {
  Guest guest;
  Host host;
  const std::uint32_t text = guest.place("now");
  Call call(guest, function<&Host::at_once>("at-once", "text"), &host);

  EXPECT_EQ(call.enter({text, 3}), CAPSTAN_READY);
  const std::uint32_t at = call.lower_to_memory(8, 4);

  EXPECT_EQ(*guest.load<std::string>(at), "now!");
  EXPECT_EQ(call.bell.clones, 0);
}

TEST(FunctionTask, IsPendingUntilItIsWoken) {
  Guest guest;
  Host host;
  const std::uint32_t text = guest.place("ab");
  Call call(guest, function<&Host::twice>("twice", "text"), &host);

  EXPECT_EQ(call.enter({text, 2}), CAPSTAN_PENDING);
  EXPECT_EQ(call.poll(), CAPSTAN_PENDING);                // spurious
  std::ranges::fill(guest.memory(), std::uint8_t{0xdd});  // the guest runs meanwhile
  EXPECT_EQ(call.bell.rung, 0);

  host.later.complete("> ");
  EXPECT_EQ(call.bell.rung, 1);

  EXPECT_EQ(call.poll(), CAPSTAN_READY);
  EXPECT_EQ(host.log, std::vector<std::string>{"end of twice"});
  const std::uint32_t at = call.lower_to_memory(8, 4);
  EXPECT_EQ(*guest.load<std::string>(at), "> abab");
}

TEST(FunctionTask, CancelledWhereItStands) {
  Guest guest;
  Host host;
  {
    Call call(guest, function<&Host::twice>("twice", "text"), &host);
    EXPECT_EQ(call.enter({16, 0}), CAPSTAN_PENDING);
    EXPECT_EQ(host.log, std::vector<std::string>());
  }

  EXPECT_EQ(host.log, std::vector<std::string>{"end of twice"});
  host.later.complete("nobody waits");
}

TEST(FunctionTask, ABorrowStaysForTheWholeCall) {
  Guest guest;
  Host host;
  guest.lends = true;
  const std::uint32_t index = guest.own(host.open(0));
  Call call(guest, function<&Host::wait>("wait", "counter"), &host);

  EXPECT_EQ(call.enter({index}), CAPSTAN_PENDING);
  host.later.complete("go on");
  EXPECT_EQ(call.poll(), CAPSTAN_READY);

  EXPECT_EQ(guest.objects().find<Counter>(guest.handles[0].rep)->total(), 2u);
}

TEST(FunctionTask, AnExceptionAfterTheWaitNamesTheFunction) {
  Guest guest;
  Host host;
  Call call(guest, function<&Host::fails_later>("fails-later"), &host);
  EXPECT_EQ(call.enter({}), CAPSTAN_PENDING);

  host.later.complete("");

  EXPECT_EQ(call.poll(), CAPSTAN_FAILED);
  EXPECT_EQ(call.failure.message, "test:abi/things#fails-later threw: too late");
  EXPECT_EQ(call.failure.code, CAPSTAN_ERROR_HOST);
}

TEST(FunctionTask, WakersAreFreed) {
  Guest guest;
  Bell bell;
  {
    const capstan_waker engine = bell.waker();
    Waker waker = detail::adopt_waker(&engine);
    std::vector<Waker> copies(3, waker);
    waker = Waker();
    EXPECT_EQ(bell.clones, 1);
    copies[0].wake();
    EXPECT_EQ(bell.rung, 1);
  }

  EXPECT_EQ(bell.clones, 0);
}

TEST(FunctionTask, NoWakerIsAWakerThatDoesNothing) {
  detail::adopt_waker(nullptr).wake();
  const capstan_waker empty = {nullptr, nullptr};
  detail::adopt_waker(&empty).wake();
}

// -------------------------------------------------------------------------------------------
// exports

TEST(ExportCall, LowersArgumentsAndLiftsTheResult) {
  Guest guest;
  std::string_view text = "in";
  std::uint32_t number = 9;
  ExportCall<std::string, std::string_view, std::uint32_t> exchange(text, number);
  const capstan_call_values values = exchange.values();
  Words words(3);
  capstan_lower lower = guest.lower_call(&words, 0);

  EXPECT_EQ(Failure(values.lower(values.context, &lower)).message, "");
  EXPECT_EQ(guest.text(words[0], words[1]), "in");
  EXPECT_EQ(words[2], 9u);

  const auto result = guest.store(std::string("out"));
  capstan_lift lift = guest.lift_call(nullptr, result.offset);
  EXPECT_EQ(Failure(values.lift(values.context, &lift)).message, "");
  EXPECT_EQ(exchange.take(), "out");
}

TEST(ExportCall, ABadResultIsAnError) {
  Guest guest;
  ExportCall<fake::Level> exchange;
  const capstan_call_values values = exchange.values();
  const Words words = {3};
  capstan_lift lift = guest.lift_call(&words, 0);

  EXPECT_EQ(Failure(values.lift(values.context, &lift)).message,
            "unexpected discriminant: 3, the type has 3 cases");
}

TEST(ExportCall, LendsForTheCall) {
  int alive = 0;
  Guest guest;
  Counter counter(alive);
  Borrow<Counter> lent(counter);
  ExportCall<void, Borrow<Counter>> exchange(lent);
  const capstan_call_values values = exchange.values();
  Words words(1);
  capstan_lower lower = guest.lower_call(&words, 0);

  EXPECT_EQ(Failure(values.lower(values.context, &lower)).message, "");

  EXPECT_EQ(guest.objects().find<Counter>(guest.handles.at(0).rep), &counter);
}

}  // namespace
}  // namespace capstan::abi
