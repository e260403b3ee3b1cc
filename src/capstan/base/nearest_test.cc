#include <capstan/base/nearest.h>
#include <gtest/gtest.h>

namespace capstan::base {
namespace {

constexpr std::string_view keys[] = {"name", "library", "wit"};

TEST(Nearest, FindsWhatIsOneSlipAway) {
  EXPECT_EQ(nearest("nam", keys), "name");
  EXPECT_EQ(nearest("names", keys), "name");
  EXPECT_EQ(nearest("nane", keys), "name");
  EXPECT_EQ(nearest("nmae", keys), "name");
}

TEST(Nearest, LongerWordsMayHaveMoreSlips) { EXPECT_EQ(nearest("liberry", keys), "library"); }

TEST(Nearest, FindsNothingForAnotherWord) {
  EXPECT_EQ(nearest("colour", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest("name", {}), "");
}

}  // namespace
}  // namespace capstan::base
