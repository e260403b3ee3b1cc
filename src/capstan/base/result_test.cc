#include <capstan/base/result.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace capstan {
namespace {

Result<int> parse_digit(char c) {
  if (c < '0' || c > '9')
    return fail(ErrorCode::invalid_argument, std::string("'") + c + "' is no digit");
  return c - '0';
}

Result<int> sum_of(std::string_view digits) {
  int sum = 0;
  for (const char c : digits) {
    CAPSTAN_TRY(const int digit, parse_digit(c));
    sum += digit;
  }
  return sum;
}

TEST(Result, HoldsAValue) {
  const Result<int> result = parse_digit('7');

  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 7);
}

TEST(Result, HoldsAnErrorWithCodeAndMessage) {
  const Result<int> result = parse_digit('x');

  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(result.error().message(), "'x' is no digit");
  EXPECT_EQ(result.error().backtrace(), "");
  EXPECT_EQ(result.error().exit_status(), 0);
}

TEST(Result, ContextIsAddedInFront) {
  Error error(ErrorCode::not_loadable, "not a component");
  error.set_backtrace("0: main\n").set_exit_status(3);

  const Error whole = std::move(error).with_context("cannot load 'a.wasm'").with_context("demo");

  EXPECT_EQ(whole.message(), "demo: cannot load 'a.wasm': not a component");
  EXPECT_EQ(whole.code(), ErrorCode::not_loadable);
  EXPECT_EQ(whole.backtrace(), "0: main\n");
  EXPECT_EQ(whole.exit_status(), 3);
}

TEST(Result, EveryCodeHasItsName) {
  EXPECT_EQ(name(ErrorCode::invalid_argument), "invalid_argument");
  EXPECT_EQ(name(ErrorCode::io), "io");
  EXPECT_EQ(name(ErrorCode::not_loadable), "not_loadable");
  EXPECT_EQ(name(ErrorCode::not_linkable), "not_linkable");
  EXPECT_EQ(name(ErrorCode::trap), "trap");
  EXPECT_EQ(name(ErrorCode::deadline), "deadline");
  EXPECT_EQ(name(ErrorCode::fuel), "fuel");
  EXPECT_EQ(name(ErrorCode::limit), "limit");
  EXPECT_EQ(name(ErrorCode::stack), "stack");
  EXPECT_EQ(name(ErrorCode::exit), "exit");
  EXPECT_EQ(name(ErrorCode::busy), "busy");
  EXPECT_EQ(name(ErrorCode::unsupported), "unsupported");
  EXPECT_EQ(name(ErrorCode::host), "host");
  EXPECT_EQ(name(ErrorCode::internal), "internal");
  EXPECT_EQ(name(static_cast<ErrorCode>(200)), "unknown");
}

TEST(Try, GivesTheValue) { EXPECT_EQ(sum_of("123"), 6); }

TEST(Try, ReturnsTheFirstError) {
  const Result<int> sum = sum_of("1a2b");

  ASSERT_FALSE(sum.has_value());
  EXPECT_EQ(sum.error().message(), "'a' is no digit");
}

TEST(Try, MovesWhatCannotBeCopied) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
  const auto use = [&]() -> Result<int> {
    CAPSTAN_TRY(std::unique_ptr<int> number, make());
    return *number;
  };

  EXPECT_EQ(use(), 5);
}

TEST(Try, TakesExpressionsWithCommas) {
  const auto pair = []() -> Result<std::pair<int, int>> {
    CAPSTAN_TRY(auto both, Result<std::pair<int, int>>({1, 2}));
    return both;
  };

  EXPECT_EQ(pair(), (std::pair(1, 2)));
}

TEST(Try, OfVoidOnlyPassesErrorsOn) {
  std::vector<int> reached;
  const auto check = [](bool good) -> Result<void> {
    if (!good) return fail(ErrorCode::io, "no such file");
    return {};
  };
  const auto run = [&](bool good) -> Result<int> {
    CAPSTAN_TRY_VOID(check(true));
    reached.push_back(1);
    CAPSTAN_TRY_VOID(check(good));
    reached.push_back(2);
    return 0;
  };

  EXPECT_EQ(run(true), 0);
  const Result<int> failed = run(false);

  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code(), ErrorCode::io);
  EXPECT_EQ(failed.error().message(), "no such file");
  EXPECT_EQ(reached, (std::vector{1, 2, 1}));
}

}  // namespace
}  // namespace capstan
