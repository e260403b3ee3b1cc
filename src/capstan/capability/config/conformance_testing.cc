#include <capstan/capability/config/conformance_testing.h>

namespace capstan::config {
namespace {

TEST_P(ConfigConformance, GivesNothingForAKeyThatWasNotSet) {
  const auto source = GetParam().make({{"there", "1"}}).value();

  EXPECT_EQ(source->get("missing").value(), std::nullopt);
  EXPECT_EQ(source->get("").value(), std::nullopt);
  EXPECT_EQ(source->get(std::string(100'000, 'x')).value(), std::nullopt);
}

TEST_P(ConfigConformance, GivesValuesSortedByKey) {
  const auto source = GetParam().make({{"b", "1"}, {"ü", "2"}, {"a.b", "3"}, {"B", ""}}).value();

  EXPECT_EQ(source->get("a.b").value(), "3");
  EXPECT_EQ(source->get("B").value(), "");
  EXPECT_EQ(source->all().value(), (Values{{"B", ""}, {"a.b", "3"}, {"b", "1"}, {"ü", "2"}}));
}

TEST_P(ConfigConformance, KeepsEveryCharacterOfAValue) {
  const std::string value = " spaces, \"quotes\", 'others', = # \\ tab\t and lines\r\nüber 🦀 ";
  const auto source = GetParam().make({{"key", value}}).value();

  EXPECT_EQ(source->get("key").value(), value);
}

TEST_P(ConfigConformance, RefusesWhatNoComponentCouldBeGiven) {
  const auto refused = [](const Values& values) {
    const auto source = GetParam().make(values);
    return source ? "accepted" : source.error().message();
  };
  EXPECT_EQ(refused({{"a", std::string(65'537, 'x')}}),
            "the configuration value of 'a' has 65537 bytes: at most 65536 are allowed");
  EXPECT_EQ(refused({{std::string(1025, 'k'), "x"}}),
            "the configuration key '" + std::string(100, 'k') +
                "...' has 1025 bytes: at most 1024 are allowed");
  EXPECT_EQ(refused({{std::string(1024, 'k'), std::string(65'536, 'x')}}), "accepted");
}

}  // namespace

// The programs of other tests have the suite without a backend.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ConfigConformance);

}  // namespace capstan::config
