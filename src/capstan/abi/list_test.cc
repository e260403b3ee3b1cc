#include <capstan/abi/map.h>
#include <capstan/abi/testing.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>

namespace capstan::abi {
namespace {

using fake::Guest;
using Words = std::vector<std::uint64_t>;

constexpr const char* too_much = "are left of the limit on lifted bytes";

template <typename T>
std::string bytes_of(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// -------------------------------------------------------------------------------------- views,
// bulk

TEST(Span, IsAViewOfGuestMemory) {
  Guest guest({.fuel = 0});
  const std::uint32_t at = guest.place(bytes_of<std::uint32_t>({1, 2, 3}));

  const auto lifted = guest.lift<std::span<const std::uint32_t>>({at, 3});

  ASSERT_EQ(lifted.message(), "");
  EXPECT_EQ(lifted.value->size(), 3u);
  EXPECT_EQ((*lifted.value)[2], 3u);
  EXPECT_EQ(static_cast<const void*>(lifted.value->data()), guest.memory().data() + at);
}

TEST(Span, OfFloatsShowsTheGuestsOwnBits) {
  Guest guest;
  const std::uint32_t at = guest.place(bytes_of<std::uint32_t>({0x7fc1'2345}));

  const auto lifted = guest.lift<std::span<const float>>({at, 1});

  EXPECT_EQ(std::bit_cast<std::uint32_t>((*lifted.value)[0]), 0x7fc1'2345u);
}

TEST(Vector, OfFloatsHasOneNan) {
  Guest guest;
  const std::uint32_t at =
      guest.place(bytes_of<std::uint32_t>({0x7fc1'2345, 0x3f80'0000, 0xff80'0001}));

  const auto lifted = guest.lift<std::vector<float>>({at, 3});

  EXPECT_EQ(std::bit_cast<std::uint32_t>((*lifted.value)[0]), 0x7fc0'0000u);
  EXPECT_EQ((*lifted.value)[1], 1.0f);
  EXPECT_EQ(std::bit_cast<std::uint32_t>((*lifted.value)[2]), 0x7fc0'0000u);
}

TEST(Vector, OfFloatsIsLoweredWithOneNan) {
  Guest guest;
  // Many, so that whole blocks without a NaN come before and after those with one.
  std::vector<double> values(100, 0.5);
  values[0] = values[63] = values[99] = std::bit_cast<double>(0xfff8'dead'beef'0001);

  const auto from_vector = guest.lower(values);
  const auto from_span = guest.lower(std::span<const double>(values));

  for (const auto& lowered : {from_vector, from_span}) {
    ASSERT_EQ(lowered.message(), "");
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool nan = values[i] != values[i];
      EXPECT_EQ(guest.peek<std::uint64_t>(lowered.words[0] + 8 * i),
                nan ? 0x7ff8'0000'0000'0000u : std::bit_cast<std::uint64_t>(0.5));
    }
  }
}

TEST(Vector, OfNumbersIsLoweredInOneBlock) {
  Guest guest;

  const auto lowered = guest.lower(std::vector<std::uint16_t>{1, 2, 0xffff});

  ASSERT_EQ(guest.blocks.size(), 1u);
  EXPECT_EQ(guest.blocks[0].align, 2u);
  EXPECT_EQ(guest.blocks[0].bytes, 6u);
  EXPECT_EQ(lowered.words, (Words{guest.blocks[0].offset, 3}));
  EXPECT_EQ(guest.peek<std::uint16_t>(guest.blocks[0].offset + 4), 0xffff);
}

TEST(Vector, EmptyListsAreFine) {
  Guest guest({.memory_bytes = 64, .fuel = 0});

  EXPECT_TRUE(guest.lift<std::vector<std::uint64_t>>({64, 0}).value->empty());
  EXPECT_TRUE(guest.lift<std::vector<std::string>>({0, 0}).value->empty());
  EXPECT_EQ(guest.lower(std::vector<std::string>()).words[1], 0u);
}

// --------------------------------------------------------------------------------------------
// bounds

TEST(ListBounds, OutsideTraps) {
  Guest guest({.memory_bytes = 64});

  EXPECT_EQ(guest.lift<std::vector<std::uint8_t>>({1, 64}).message(),
            "pointer out of bounds: 64 bytes at 0x1, memory has 64 bytes");
  EXPECT_EQ(guest.lift<std::span<const std::uint64_t>>({0, 9}).message(),
            "pointer out of bounds: 72 bytes at 0x0, memory has 64 bytes");
  EXPECT_EQ(guest.lift<std::vector<fake::Gaps>>({32, 2}).message(),
            "pointer out of bounds: 64 bytes at 0x20, memory has 64 bytes");
  EXPECT_EQ(guest.lift<std::vector<std::uint8_t>>({65, 0}).message(),
            "pointer out of bounds: 0 bytes at 0x41, memory has 64 bytes");
}

// Sums and products that would be small again in 32 bits.
TEST(ListBounds, WrappingTraps) {
  Guest guest({.memory_bytes = 64});

  EXPECT_EQ(guest.lift<std::span<const std::uint8_t>>({0xffff'fff0, 0x20}).message(),
            "pointer out of bounds: 32 bytes at 0xfffffff0, memory has 64 bytes");
  EXPECT_EQ(guest.lift<std::vector<std::uint16_t>>({0, 0x8000'0000}).message(),
            "pointer out of bounds: 4294967296 bytes at 0x0, memory has 64 bytes");
  EXPECT_EQ(guest.lift<std::vector<std::uint64_t>>({8, 0x2000'0001}).message(),
            "pointer out of bounds: 4294967304 bytes at 0x8, memory has 64 bytes");
  EXPECT_EQ(guest.lift<std::vector<fake::Gaps>>({0, 0xffff'ffff}).message(),
            "pointer out of bounds: 137438953440 bytes at 0x0, memory has 64 bytes");
}

TEST(ListBounds, UnalignedPointersTrap) {
  Guest guest;

  EXPECT_EQ(guest.lift<std::span<const std::uint16_t>>({0x21, 1}).message(),
            "list pointer 0x21 is not aligned to 2 bytes");
  EXPECT_EQ(guest.lift<std::vector<double>>({0x24, 1}).message(),
            "list pointer 0x24 is not aligned to 8 bytes");
  EXPECT_EQ(guest.lift<std::vector<std::string>>({0x22, 0}).message(),
            "list pointer 0x22 is not aligned to 4 bytes");
  EXPECT_EQ(guest.lift<std::vector<fake::Shape>>({0x24, 1}).message(),
            "list pointer 0x24 is not aligned to 8 bytes");
}

TEST(ListBounds, AnInnerListIsCheckedToo) {
  Guest guest({.memory_bytes = 64});
  guest.poke(16, std::uint32_t{60});  // the one inner list: 8 bytes at 60
  guest.poke(20, std::uint32_t{8});

  EXPECT_EQ(guest.lift<std::vector<std::vector<std::uint8_t>>>({16, 1}).message(),
            "pointer out of bounds: 8 bytes at 0x3c, memory has 64 bytes");
}

// --------------------------------------------------------------------------------------------
// limits

TEST(ListLimit, IsAskedBeforeAnythingIsAllocated) {
  Guest guest({.memory_bytes = 1 << 16, .fuel = 999});

  const auto numbers = guest.lift<std::vector<std::uint32_t>>({0, 250});
  const auto records = guest.lift<std::vector<fake::Gaps>>({0, 100});
  const auto texts = guest.lift<std::vector<std::string>>({0, 100});

  EXPECT_EQ(numbers.message(),
            fmt::format("too much data for one call: 1000 more bytes, 999 {}", too_much));
  EXPECT_EQ(numbers.failure.code, CAPSTAN_ERROR_LIMIT);
  EXPECT_EQ(records.message(), fmt::format("too much data for one call: {} more bytes, 999 {}",
                                           100 * sizeof(fake::Gaps), too_much));
  EXPECT_EQ(texts.message(), fmt::format("too much data for one call: {} more bytes, 999 {}",
                                         100 * sizeof(std::string), too_much));
}

TEST(ListLimit, CountsAllListsOfACallTogether) {
  Guest guest({.fuel = 100});

  const auto enough = guest.lift<std::tuple<std::vector<std::uint8_t>, std::vector<std::uint8_t>>>(
      {16, 60, 16, 40});
  const auto too_many =
      guest.lift<std::tuple<std::vector<std::uint8_t>, std::vector<std::uint8_t>>>(
          {16, 60, 16, 41});

  EXPECT_EQ(enough.message(), "");
  EXPECT_EQ(enough.call->fuel, 0u);
  EXPECT_EQ(too_many.message(),
            fmt::format("too much data for one call: 41 more bytes, 40 {}", too_much));
}

// A list that refers to itself, a small memory that stands for a huge value: only the limit ends
// this.
TEST(ListLimit, StopsListsThatShareTheirElements) {
  Guest guest({.memory_bytes = 1 << 16});
  for (std::uint32_t at = 0; at < 1 << 16; at += 8) {
    guest.poke(at, std::uint32_t{0});
    guest.poke(at + 4, std::uint32_t{(1 << 16) / 8});  // every element is the whole memory again
  }

  const auto lifted = guest.lift<std::vector<std::vector<std::vector<std::vector<std::uint64_t>>>>>(
      {0, (1 << 16) / 8});

  EXPECT_EQ(lifted.failure.code, CAPSTAN_ERROR_LIMIT) << lifted.message();
}

// -------------------------------------------------------------------------------------------
// nesting

TEST(NestedList, IsLoweredWhileMemoryMoves) {
  Guest guest;
  guest.realloc = fake::Realloc::moves_memory;
  const std::vector<std::vector<std::string>> values = {{"a", "bc"}, {}, {"def"}};

  const auto lowered = guest.lower(values);
  auto lifted = guest.lift<std::vector<std::vector<std::string>>>(lowered.words);

  ASSERT_EQ(lowered.message(), "");
  EXPECT_EQ(guest.blocks.size(), 7u);  // the list, three inner lists, three texts
  EXPECT_EQ(*lifted, values);
}

TEST(NestedList, StopsAtTheFirstBadElement) {
  Guest guest;
  const std::vector<std::string> values = {"good", "\xff", "never reached"};

  const auto lowered = guest.lower(values);

  EXPECT_EQ(lowered.message(), "the host gave text that is not UTF-8 (bad sequence at byte 0)");
  EXPECT_EQ(guest.blocks.size(), 3u);  // the list, the first text, and the one that was bad
}

TEST(NestedList, AViewOfOwnedElementsIsLowered) {
  Guest guest;
  const std::string_view names[] = {"one", "two"};

  const auto lowered = guest.lower(std::span<const std::string_view>(names));
  auto lifted = guest.lift<std::vector<std::string>>(lowered.words);

  EXPECT_EQ(*lifted, (std::vector<std::string>{"one", "two"}));
}

// ---------------------------------------------------------------------------------------- other
// lists

TEST(VectorOfBool, ChecksNothingAndWritesOnes) {
  Guest guest;
  const std::uint32_t at = guest.place(std::string("\0\1\2\xff", 4));

  auto lifted = guest.lift<std::vector<bool>>({at, 4});
  const auto lowered = guest.lower(*lifted);

  EXPECT_EQ(*lifted, (std::vector<bool>{false, true, true, true}));
  EXPECT_EQ(guest.text(lowered.words[0], 4), std::string_view("\0\1\1\1", 4));
}

TEST(VectorOfChar, ABadElementTraps) {
  Guest guest;
  const std::uint32_t at = guest.place(bytes_of<std::uint32_t>({'a', 0xd800, 'b'}));

  EXPECT_EQ(guest.lift<std::vector<char32_t>>({at, 3}).message(),
            "integer 0xd800 is not a valid char");
}

TEST(FixedLengthList, HasNoLengthOfItsOwn) {
  Guest guest;
  const std::array<std::uint16_t, 3> values = {7, 8, 9};

  const auto lowered = guest.lower(values);
  const auto stored = guest.store(values);

  EXPECT_EQ(lowered.words, (Words{7, 8, 9}));
  EXPECT_EQ(guest.peek<std::uint16_t>(stored.offset + 2), 8);
  EXPECT_TRUE(guest.blocks.empty());
}

TEST(FixedLengthList, ABadElementTraps) {
  Guest guest;

  EXPECT_EQ((guest.lift<std::array<fake::Level, 2>>({1, 3}).message()),
            "unexpected discriminant: 3, the type has 3 cases");
}

// -----------------------------------------------------------------------------------------------
// map

TEST(Map, TravelsAsAListOfPairs) {
  Guest guest;
  guest.realloc = fake::Realloc::moves_memory;
  const std::map<std::string, std::vector<std::uint8_t>> values = {{"a", {1}}, {"b", {}}};

  const auto lowered = guest.lower(values);
  auto as_list =
      guest.lift<std::vector<std::tuple<std::string, std::vector<std::uint8_t>>>>(lowered.words);
  auto as_map = guest.lift<std::map<std::string, std::vector<std::uint8_t>>>(lowered.words);

  EXPECT_EQ(*as_list, (std::vector<std::tuple<std::string, std::vector<std::uint8_t>>>{{"a", {1}},
                                                                                       {"b", {}}}));
  EXPECT_EQ(*as_map, values);
}

TEST(Map, TheLaterOfTwoEntriesCounts) {
  Guest guest;
  const std::uint32_t at = guest.place(bytes_of<std::uint32_t>({1, 10, 2, 20, 1, 30}));

  auto lifted = guest.lift<std::map<std::uint32_t, std::uint32_t>>({at, 3});

  EXPECT_EQ(*lifted, (std::map<std::uint32_t, std::uint32_t>{{1, 30}, {2, 20}}));
}

TEST(Map, CountsItsNodesAgainstTheLimit) {
  Guest guest({.fuel = 1000});

  const auto lifted = guest.lift<std::map<std::uint8_t, std::uint8_t>>({0, 30});

  EXPECT_EQ(lifted.message(),
            fmt::format("too much data for one call: 1020 more bytes, 1000 {}", too_much));
}

TEST(Map, HasItsOwnText) {
  std::string text;
  Abi<std::map<std::string, std::uint8_t>>::append_text(text);

  EXPECT_EQ(text, "map<string, u8>");
}

}  // namespace
}  // namespace capstan::abi
