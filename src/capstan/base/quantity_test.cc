#include <capstan/base/quantity.h>

#include <gtest/gtest.h>

namespace capstan::base {
namespace {

// What a reader says about each of some texts.
template <typename T>
struct Row {
  const char* text;
  T expected;
};

template <typename Parse>
void expect_errors(Parse parse, std::initializer_list<Row<const char*>> rows) {
  for (const auto& [text, message] : rows) {
    const auto parsed = parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().message(), message);
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_argument);
  }
}

TEST(Quantity, ReadsTimes) {
  constexpr Row<std::uint64_t> rows[] = {{"500ms", 500},  {"2s", 2000},      {"1.5s", 1500},
                                         {"1m", 60'000},  {"2h", 7'200'000}, {"0.001s", 1},
                                         {"1000ms", 1000}};
  for (const auto& [text, expected] : rows) EXPECT_EQ(parse_duration_ms(text).value(), expected);
}

TEST(Quantity, RefusesTimesWithoutUnitOrSense) {
  constexpr const char* how =
      "is not understood: write a time with its unit, such as 500ms, 2s or 1m";
  for (const char* text : {"2", "", "s", "2 s", "-1s", "2x", "1.2.3s", "1e3s", "ms2"})
    EXPECT_EQ(parse_duration_ms(text).error().message(), "'" + std::string(text) + "' " + how);
  expect_errors(parse_duration_ms, {{"0s", "'0s' is nothing: leave the option out instead"},
                                    {"99999999999999h", "'99999999999999h' is too large"}});
}

TEST(Quantity, ReadsSizes) {
  constexpr Row<std::uint64_t> rows[] = {
      {"65536", 65536},       {"1B", 1},          {"64KiB", 64 << 10}, {"64MiB", 64 << 20},
      {"4GiB", 4ULL << 30},   {"1kB", 1000},      {"1KB", 1000},       {"1MB", 1'000'000},
      {"1GB", 1'000'000'000}, {"1.5MiB", 3 << 19}};
  for (const auto& [text, expected] : rows) EXPECT_EQ(parse_bytes(text).value(), expected);
}

TEST(Quantity, RefusesSizesWithoutSense) {
  expect_errors(parse_bytes,
                {{"64mb", "'64mb' is not understood: write a size such as 64MiB, 1GB or 65536"},
                 {"lots", "'lots' is not understood: write a size such as 64MiB, 1GB or 65536"},
                 {"0", "'0' is nothing: leave the option out instead"},
                 {"99999999999GiB", "'99999999999GiB' is too large"}});
}

TEST(Quantity, ReadsCounts) {
  EXPECT_EQ(parse_count("1", 10).value(), 1u);
  EXPECT_EQ(parse_count("10", 10).value(), 10u);
  for (const char* text : {"0", "11", "-1", "1.5", "x", "", "99999999999999999999"})
    EXPECT_EQ(parse_count(text, 10).error().message(),
              "'" + std::string(text) + "' is not understood: write a whole number from 1 to 10");
}

}  // namespace
}  // namespace capstan::base
