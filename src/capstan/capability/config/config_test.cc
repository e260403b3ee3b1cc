#include <capstan/capability/config/config.h>

#include <gtest/gtest.h>

namespace capstan::config {
namespace {

TEST(Config, GivesNothingForAKeyThatWasNotSet) {
  const auto source = make_fixed_values({});

  EXPECT_EQ(source->get("missing").value(), std::nullopt);
  EXPECT_TRUE(source->all().value().empty());
}

TEST(Config, GivesValuesSortedAndTheLastOneOfAKey) {
  const auto source = make_fixed_values({{"b", "1"}, {"a", "2"}, {"b", "3"}});

  EXPECT_EQ(source->get("b").value(), "3");
  EXPECT_EQ(source->all().value(), (Values{{"a", "2"}, {"b", "3"}}));
}

}  // namespace
}  // namespace capstan::config
