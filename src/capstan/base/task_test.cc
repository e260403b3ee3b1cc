#include <capstan/base/task.h>
#include <gtest/gtest.h>

#include <expected>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace capstan {
namespace {

using Log = std::vector<std::string>;

// Writes down when it is destroyed.
struct Note {
  Log& log;
  std::string text;
  Note(Log& log_in, std::string text_in) : log(log_in), text(std::move(text_in)) {}
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;
  ~Note() { log.push_back("end of " + text); }
};

// A waker that counts.
struct Bell {
  int rung = 0;
  Waker waker{[this] { ++rung; }};
};

// ---------------------------------------------------------------------------------------------
// results

Task<int> answer() { co_return 42; }
Task<int> twice(Task<int> task) { co_return 2 * co_await std::move(task); }

TEST(Task, GivesItsResult) { EXPECT_EQ(block_on(answer()), 42); }

TEST(Task, AwaitsOtherTasks) { EXPECT_EQ(block_on(twice(twice(answer()))), 168); }

TEST(Task, IsLazy) {
  Log log;
  const auto work = [](Log& to) -> Task<int> {
    to.push_back("started");
    co_return 1;
  };

  Task<int> task = work(log);
  EXPECT_EQ(log, Log());

  EXPECT_TRUE(task.poll(Waker()));
  EXPECT_EQ(log, Log{"started"});
  EXPECT_EQ(task.take(), 1);
}

TEST(Task, NeverPolledNeverRuns) {
  Log log;
  const auto work = [](Log& to) -> Task<> {
    to.push_back("started");
    co_return;
  };

  {
    const Task<> task = work(log);
  }

  EXPECT_EQ(log, Log());
}

TEST(Task, OfAPlainValueIsFinished) {
  Task<std::string> task = "ready";

  EXPECT_TRUE(task.done());
  EXPECT_TRUE(task.poll(Waker()));
  EXPECT_EQ(task.take(), "ready");
}

TEST(Task, OfAPlainValueCanBeAwaited) { EXPECT_EQ(block_on(twice(21)), 42); }

TEST(Task, OfVoidFinishes) {
  Log log;
  const auto inner = [](Log& to) -> Task<> {
    to.push_back("inner");
    co_return;
  };
  const auto outer = [&](Log& to) -> Task<> {
    co_await inner(to);
    to.push_back("outer");
  };

  block_on(outer(log));

  EXPECT_EQ(log, (Log{"inner", "outer"}));
}

TEST(Task, CarriesWhatCannotBeCopied) {
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  const auto pass = [&]() -> Task<std::unique_ptr<int>> {
    auto number = co_await make();
    co_return number;
  };

  EXPECT_EQ(*block_on(pass()), 7);
  EXPECT_EQ(*block_on(Task<std::unique_ptr<int>>(std::make_unique<int>(8))), 8);
}

TEST(Task, CarriesExpectedOfBothKinds) {
  using Outcome = std::expected<int, std::string>;
  const auto divide = [](int a, int b) -> Task<Outcome> {
    if (b == 0) co_return std::unexpected("division by zero");
    co_return a / b;
  };

  EXPECT_EQ(block_on(divide(6, 3)), Outcome(2));
  EXPECT_EQ(block_on(divide(6, 0)), Outcome(std::unexpect, "division by zero"));
}

TEST(Task, ReturnsABracedValue) {
  const auto nothing = []() -> Task<std::optional<int>> { co_return {}; };

  EXPECT_EQ(block_on(nothing()), std::nullopt);
}

TEST(Task, MovesBeforeItStartsAndWhileItWaits) {
  const Completion<int> later;
  Completion<int> deliver = later;
  Task<int> first = twice(later.wait());

  Task<int> second = std::move(first);
  EXPECT_FALSE(second.poll(Waker()));
  Task<int> third = answer();
  third = std::move(second);
  deliver.complete(5);

  EXPECT_TRUE(third.poll(Waker()));
  EXPECT_EQ(third.take(), 10);
}

TEST(Task, ManyShortTasksInARowNeedNoStack) {
  const auto one = []() -> Task<int> { co_return 1; };
  const auto many = [&]() -> Task<int> {
    int sum = 0;
    for (int i = 0; i < 5'000; ++i) {
      Task<int> task = one();
      sum += co_await std::move(task);
    }
    co_return sum;
  };

  EXPECT_EQ(block_on(many()), 5'000);
}

// ------------------------------------------------------------------------------------------
// exceptions

Task<int> throwing() {
  throw std::runtime_error("disk on fire");
  co_return 0;
}

TEST(Task, ThrowsAgainWhatItThrew) {
  Task<int> task = throwing();

  EXPECT_TRUE(task.poll(Waker()));
  try {
    (void)task.take();
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& thrown) {
    EXPECT_STREQ(thrown.what(), "disk on fire");
  }
}

TEST(Task, AnExceptionPassesThroughAwaitingTasks) {
  EXPECT_THROW(block_on(twice(twice(throwing()))), std::runtime_error);
}

TEST(Task, AnExceptionCanBeCaughtWhereItIsAwaited) {
  const auto careful = []() -> Task<std::string> {
    try {
      co_await throwing();
    } catch (const std::runtime_error& thrown) {
      co_return thrown.what();
    }
    co_return "nothing was thrown";
  };

  EXPECT_EQ(block_on(careful()), "disk on fire");
}

TEST(Task, AnExceptionAfterASuspensionIsCarriedToo) {
  const Completion<int> later;
  Completion<int> deliver = later;
  const auto work = [](Completion<int> number) -> Task<> {
    if (co_await number.wait() < 0) throw std::out_of_range("negative");
  };
  Task<> task = work(later);
  EXPECT_FALSE(task.poll(Waker()));

  deliver.complete(-1);

  EXPECT_TRUE(task.poll(Waker()));
  EXPECT_THROW(task.take(), std::out_of_range);
}

// ----------------------------------------------------------------------------------------
// cancellation

TEST(Task, DestroyingItDestroysItsLocalsWhereItStands) {
  Log log;
  const Completion<int> never;
  const auto inner = [](Log& to, Completion<int> number) -> Task<int> {
    const Note local(to, "inner");
    const int got = co_await number.wait();
    to.push_back("not reached");
    co_return got;
  };
  const auto outer = [&](Log& to, Completion<int> number) -> Task<> {
    const Note before(to, "outer");
    co_await inner(to, number);
    const Note after(to, "not reached");
  };

  {
    Task<> task = outer(log, never);
    EXPECT_FALSE(task.poll(Waker()));
    EXPECT_EQ(log, Log());
  }

  EXPECT_EQ(log, (Log{"end of inner", "end of outer"}));
}

TEST(Task, AssigningCancelsTheOldOne) {
  Log log;
  const Completion<int> never;
  const auto wait = [](Log& to, Completion<int> number) -> Task<int> {
    const Note local(to, "waiting");
    co_return co_await number.wait();
  };
  Task<int> task = wait(log, never);
  EXPECT_FALSE(task.poll(Waker()));

  task = answer();

  EXPECT_EQ(log, Log{"end of waiting"});
  EXPECT_EQ(block_on(std::move(task)), 42);
}

// ----------------------------------------------------------------------------------------------
// misuse

TEST(TaskDeathTest, TakingBeforeItIsFinishedIsABug) {
  EXPECT_DEATH((void)answer().take(), "the task is not finished");
}

constexpr const char* taken_before = "the result was taken before, or the task was moved away";

TEST(TaskDeathTest, TakingTwiceIsABug) {
  Task<int> task = answer();
  (void)task.poll(Waker());
  (void)task.take();
  EXPECT_DEATH((void)task.take(), taken_before);

  Task<int> plain = 1;
  (void)plain.take();
  EXPECT_DEATH((void)plain.take(), taken_before);

  Task<> nothing = []() -> Task<> { co_return; }();
  (void)nothing.poll(Waker());
  nothing.take();
  EXPECT_DEATH(nothing.take(), taken_before);
}

TEST(TaskDeathTest, TakingFromAMovedTaskIsABug) {
  Task<int> task = answer();
  const Task<int> other = std::move(task);

  EXPECT_DEATH((void)task.take(), taken_before);  // NOLINT(bugprone-use-after-move)
}

TEST(TaskDeathTest, AwaitingAPolledTaskIsABug) {
  Task<int> task = Completion<int>().wait();
  EXPECT_FALSE(task.poll(Waker()));

  EXPECT_DEATH(block_on(twice(std::move(task))), "already polled");
}

TEST(TaskDeathTest, AwaitingAStrangerIsABug) {
  const auto work = []() -> Task<> { co_await std::suspend_always(); };
  Task<> task = work();
  EXPECT_FALSE(task.poll(Waker()));

  EXPECT_DEATH((void)task.poll(Waker()), "neither a Task nor a Completion");
}

// -----------------------------------------------------------------------------------------
// completion

TEST(Completion, AValueThatCameBeforeTheWait) {
  Completion<int> completion;

  completion.complete(3);

  EXPECT_EQ(block_on(completion.wait()), 3);
}

TEST(Completion, AValueThatComesLaterWakesTheWaiter) {
  Completion<std::string> completion;
  Bell bell;
  Task<std::string> task = completion.wait();
  EXPECT_FALSE(task.poll(bell.waker));
  EXPECT_EQ(bell.rung, 0);

  completion.complete("now");

  EXPECT_EQ(bell.rung, 1);
  EXPECT_TRUE(task.poll(bell.waker));
  EXPECT_EQ(task.take(), "now");
}

TEST(Completion, SpuriousPollsDoNoHarm) {
  Completion<int> completion;
  Bell bell;
  Task<int> task = twice(completion.wait());
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(task.poll(bell.waker));

  completion.complete(4);

  EXPECT_EQ(bell.rung, 1);
  EXPECT_TRUE(task.poll(bell.waker));
  EXPECT_TRUE(task.poll(bell.waker));
  EXPECT_EQ(task.take(), 8);
}

TEST(Completion, TheLastWakerIsTheOneThatCounts) {
  Completion<int> completion;
  Bell first;
  Bell second;
  Task<int> task = completion.wait();
  EXPECT_FALSE(task.poll(first.waker));
  EXPECT_FALSE(task.poll(second.waker));

  completion.complete(1);

  EXPECT_EQ(first.rung, 0);
  EXPECT_EQ(second.rung, 1);
}

TEST(Completion, TheFirstDeliveryCounts) {
  Completion<int> completion;
  Bell bell;
  Task<int> task = completion.wait();
  EXPECT_FALSE(task.poll(bell.waker));

  completion.complete(1);
  completion.complete(2);

  EXPECT_EQ(bell.rung, 1);
  EXPECT_EQ(block_on(std::move(task)), 1);
}

TEST(Completion, ADeliveryAfterTheValueWasTakenIsIgnored) {
  Completion<int> completion;
  completion.complete(1);
  EXPECT_EQ(block_on(completion.wait()), 1);

  completion.complete(2);
}

TEST(Completion, TheWaiterMayBeGone) {
  Completion<int> completion;
  Bell bell;
  {
    Task<int> task = completion.wait();
    EXPECT_FALSE(task.poll(bell.waker));
  }

  completion.complete(1);

  EXPECT_EQ(bell.rung, 0);
  EXPECT_EQ(block_on(completion.wait()), 1);
}

TEST(Completion, ForgetsTheWakerOfAWaiterThatIsGone) {
  const Completion<int> never;
  const auto kept = std::make_shared<int>(0);
  {
    Task<int> task = never.wait();
    EXPECT_FALSE(task.poll(Waker([kept] { ++*kept; })));
    EXPECT_GT(kept.use_count(), 1);
  }

  EXPECT_EQ(kept.use_count(), 1);
}

TEST(Completion, AWaiterThatGoesDoesNotTakeTheNextOneAlong) {
  Completion<int> completion;
  Bell bell;
  std::optional<Task<int>> first(completion.wait());
  EXPECT_FALSE(first->poll(Waker()));
  Task<int> second = completion.wait();
  EXPECT_FALSE(second.poll(bell.waker));
  first.reset();

  completion.complete(1);

  EXPECT_EQ(bell.rung, 1);
  EXPECT_EQ(block_on(std::move(second)), 1);
}

TEST(Completion, MayBeGoneWhileItsWaiterWaits) {
  // What a function with a callback inside looks like: it returns the task, its own Completion
  // ends.
  Completion<int> kept;
  const auto start = [&]() -> Task<int> {
    Completion<int> local;
    kept = local;
    return local.wait();
  };
  Task<int> task = start();
  EXPECT_FALSE(task.poll(Waker()));

  kept.complete(9);

  EXPECT_TRUE(task.poll(Waker()));
  EXPECT_EQ(task.take(), 9);
}

TEST(Completion, CarriesWhatCannotBeCopied) {
  Completion<std::unique_ptr<int>> completion;

  completion.complete(std::make_unique<int>(6));

  EXPECT_EQ(*block_on(completion.wait()), 6);
}

TEST(Completion, ValuesOfCancelledWaitersAreDestroyedOnce) {
  Log log;
  {
    Completion<std::unique_ptr<Note>> completion;
    {
      auto task = completion.wait();
      EXPECT_FALSE(task.poll(Waker()));
    }
    completion.complete(std::make_unique<Note>(log, "value"));
    EXPECT_EQ(log, Log());
  }

  EXPECT_EQ(log, Log{"end of value"});
}

TEST(Completion, SeveralInOneTask) {
  Completion<int> a;
  Completion<int> b;
  Bell bell;
  const auto sum = [](Completion<int> x, Completion<int> y) -> Task<int> {
    const int first = co_await x.wait();
    const int second = co_await y.wait();
    co_return first + second;
  };
  Task<int> task = sum(a, b);
  EXPECT_FALSE(task.poll(bell.waker));

  b.complete(10);  // not waited for yet
  EXPECT_EQ(bell.rung, 0);
  a.complete(1);
  EXPECT_EQ(bell.rung, 1);

  EXPECT_TRUE(task.poll(bell.waker));
  EXPECT_EQ(task.take(), 11);
}

}  // namespace
}  // namespace capstan
