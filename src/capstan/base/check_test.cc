#include <capstan/base/check.h>
#include <gtest/gtest.h>

namespace capstan::base {
namespace {

TEST(Check, PassesSilently) {
  int evaluated = 0;

  CAPSTAN_CHECK(++evaluated == 1, "evaluated once");

  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, NamesThePlaceTheReasonAndTheCondition) {
  const int handles = 3;

  EXPECT_DEATH(
      CAPSTAN_CHECK(handles == 4, "all handles are counted"),
      "capstan: bug at .*check_test.cc:[0-9]+: all handles are counted \\(handles == 4\\)");
}

}  // namespace
}  // namespace capstan::base
