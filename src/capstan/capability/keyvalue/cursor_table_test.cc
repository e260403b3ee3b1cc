#include <capstan/capability/keyvalue/cursor_table.h>

#include <gtest/gtest.h>

#include <limits>

namespace capstan::keyvalue {
namespace {

TEST(CursorTable, KnowsNoNumberThatItNeverGave) {
  CursorTable table;
  EXPECT_EQ(table.find(0), std::nullopt);
  EXPECT_EQ(table.find(1), std::nullopt);
  EXPECT_EQ(table.find(std::numeric_limits<std::uint64_t>::max()), std::nullopt);

  EXPECT_EQ(table.number_of("a"), 1u);

  EXPECT_EQ(table.find(2), std::nullopt);
}

TEST(CursorTable, FindsACursorAsOftenAsItIsAsked) {
  CursorTable table;
  const std::uint64_t a = table.number_of("a");
  const std::uint64_t b = table.number_of("b");

  EXPECT_EQ(table.find(a), "a");
  EXPECT_EQ(table.find(b), "b");
  EXPECT_EQ(table.find(a), "a");
}

TEST(CursorTable, ForgetsTheOldestWhenThereAreTooMany) {
  CursorTable table;
  const std::uint64_t first = table.number_of("first");
  for (std::size_t i = 1; i < CursorTable::cursors_max; ++i) (void)table.number_of("more");
  EXPECT_EQ(table.find(first), "first");

  const std::uint64_t last = table.number_of("last");

  EXPECT_EQ(table.find(first), std::nullopt);
  EXPECT_EQ(table.find(first + 1), "more");
  EXPECT_EQ(table.find(last), "last");
}

TEST(CursorTable, ForgetsTheOldestWhenTheyAreTooLong) {
  CursorTable table;
  const std::uint64_t first = table.number_of(std::string(CursorTable::bytes_max / 2, 'a'));
  const std::uint64_t second = table.number_of(std::string(CursorTable::bytes_max / 2 + 1, 'b'));

  EXPECT_EQ(table.find(first), std::nullopt);
  EXPECT_TRUE(table.find(second).has_value());
}

}  // namespace
}  // namespace capstan::keyvalue
