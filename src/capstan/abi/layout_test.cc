// Sizes, alignments, flat types and texts, computed by hand from the canonical ABI specification.
#include <capstan/abi/testing.h>
#include <gtest/gtest.h>

namespace capstan::abi {
namespace {

using enum Core;
using fake::Flag1, fake::Flag16, fake::Flag17, fake::Flag32, fake::Flag8, fake::Flag9;

template <typename T>
constexpr bool layout_is(std::uint32_t size, std::uint32_t align,
                         std::initializer_list<Core> flat) {
  return Abi<T>::size == size && Abi<T>::align == align && Abi<T>::flat.count == flat.size() &&
         std::equal(flat.begin(), flat.end(), Abi<T>::flat.types.begin());
}
// For what never travels flat.
template <typename T>
constexpr bool layout_is(std::uint32_t size, std::uint32_t align) {
  return Abi<T>::size == size && Abi<T>::align == align && Abi<T>::flat.count > flat_max;
}

template <typename T>
std::string text_of() {
  std::string text;
  Abi<T>::append_text(text);
  return text;
}

TEST(Layout, Scalars) {
  static_assert(layout_is<bool>(1, 1, {i32}));
  static_assert(layout_is<std::uint8_t>(1, 1, {i32}));
  static_assert(layout_is<std::int8_t>(1, 1, {i32}));
  static_assert(layout_is<std::uint16_t>(2, 2, {i32}));
  static_assert(layout_is<std::int16_t>(2, 2, {i32}));
  static_assert(layout_is<std::uint32_t>(4, 4, {i32}));
  static_assert(layout_is<std::int32_t>(4, 4, {i32}));
  static_assert(layout_is<std::uint64_t>(8, 8, {i64}));
  static_assert(layout_is<std::int64_t>(8, 8, {i64}));
  static_assert(layout_is<float>(4, 4, {f32}));
  static_assert(layout_is<double>(8, 8, {f64}));
  static_assert(layout_is<char32_t>(4, 4, {i32}));

  EXPECT_EQ(text_of<bool>(), "bool");
  EXPECT_EQ(text_of<std::uint8_t>(), "u8");
  EXPECT_EQ(text_of<std::int16_t>(), "s16");
  EXPECT_EQ(text_of<std::uint32_t>(), "u32");
  EXPECT_EQ(text_of<std::int64_t>(), "s64");
  EXPECT_EQ(text_of<float>(), "f32");
  EXPECT_EQ(text_of<double>(), "f64");
  EXPECT_EQ(text_of<char32_t>(), "char");
}

TEST(Layout, Enums) {
  static_assert(layout_is<fake::Level>(1, 1, {i32}));
  static_assert(layout_is<fake::Enum256>(1, 1, {i32}));
  static_assert(layout_is<fake::Enum257>(2, 2, {i32}));
  static_assert(layout_is<fake::Enum300>(2, 2, {i32}));

  EXPECT_EQ(text_of<fake::Level>(), "enum { info, warn, error }");
  EXPECT_TRUE(text_of<fake::Enum300>().ends_with(", c298, c299 }")) << text_of<fake::Enum300>();
}

TEST(Layout, Flags) {
  static_assert(layout_is<Flags<Flag1>>(1, 1, {i32}));
  static_assert(layout_is<Flags<Flag8>>(1, 1, {i32}));
  static_assert(layout_is<Flags<Flag9>>(2, 2, {i32}));
  static_assert(layout_is<Flags<Flag16>>(2, 2, {i32}));
  static_assert(layout_is<Flags<Flag17>>(4, 4, {i32}));
  static_assert(layout_is<Flags<Flag32>>(4, 4, {i32}));
  static_assert(Abi<Flags<Flag1>>::mask == 1);
  static_assert(Abi<Flags<Flag9>>::mask == 0x1ff);
  static_assert(Abi<Flags<Flag32>>::mask == 0xffff'ffff);

  EXPECT_EQ(text_of<Flags<Flag1>>(), "flags { only }");
  EXPECT_EQ(text_of<Flags<Flag8>>(), "flags { c0, c1, c2, c3, c4, c5, c6, c7 }");
}

TEST(Layout, TextAndLists) {
  static_assert(layout_is<std::string>(8, 4, {i32, i32}));
  static_assert(layout_is<std::string_view>(8, 4, {i32, i32}));
  static_assert(layout_is<std::vector<std::uint8_t>>(8, 4, {i32, i32}));
  static_assert(layout_is<std::span<const double>>(8, 4, {i32, i32}));
  static_assert(layout_is<std::vector<std::vector<fake::Gaps>>>(8, 4, {i32, i32}));

  EXPECT_EQ(text_of<std::string>(), "string");
  EXPECT_EQ(text_of<std::string_view>(), "string");
  EXPECT_EQ(text_of<std::span<const std::uint8_t>>(), "list<u8>");
  EXPECT_EQ((text_of<std::span<const std::string_view>>()), "list<string>");
  EXPECT_EQ(text_of<std::vector<std::vector<char32_t>>>(), "list<list<char>>");
}

TEST(Layout, FixedLengthLists) {
  static_assert(layout_is<std::array<std::uint16_t, 3>>(6, 2, {i32, i32, i32}));
  static_assert(
      layout_is<std::array<std::tuple<std::uint8_t, double>, 2>>(32, 8, {i32, f64, i32, f64}));
  static_assert(layout_is<std::array<std::uint8_t, 17>>(17, 1));
  static_assert(layout_is<std::array<std::uint8_t, 1'000'000>>(1'000'000, 1));

  EXPECT_EQ((text_of<std::array<std::uint16_t, 3>>()), "list<u16, 3>");
}

TEST(Layout, Options) {
  static_assert(layout_is<std::optional<std::uint8_t>>(2, 1, {i32, i32}));
  static_assert(layout_is<std::optional<std::uint64_t>>(16, 8, {i32, i64}));
  static_assert(layout_is<std::optional<std::string>>(12, 4, {i32, i32, i32}));
  static_assert(layout_is<std::optional<std::optional<std::uint8_t>>>(3, 1, {i32, i32, i32}));

  EXPECT_EQ(text_of<std::optional<std::optional<std::uint8_t>>>(), "option<option<u8>>");
}

TEST(Layout, Results) {
  static_assert(layout_is<std::expected<void, std::monostate>>(1, 1, {i32}));
  static_assert(layout_is<std::expected<std::uint8_t, std::monostate>>(2, 1, {i32, i32}));
  static_assert(layout_is<std::expected<void, double>>(16, 8, {i32, f64}));
  static_assert(layout_is<std::expected<std::uint64_t, std::string>>(16, 8, {i32, i64, i32}));

  EXPECT_EQ((text_of<std::expected<void, std::monostate>>()), "result");
  EXPECT_EQ((text_of<std::expected<std::uint8_t, std::monostate>>()), "result<u8>");
  EXPECT_EQ((text_of<std::expected<void, double>>()), "result<_, f64>");
  EXPECT_EQ((text_of<std::expected<std::uint64_t, std::string>>()), "result<u64, string>");
}

// Spec: join. Each pair of core types, side by side in the two cases of a result.
TEST(Layout, PayloadsShareFlatWords) {
  using U32 = std::uint32_t;
  using U64 = std::uint64_t;
  static_assert(layout_is<std::expected<float, float>>(8, 4, {i32, f32}));
  static_assert(layout_is<std::expected<float, U32>>(8, 4, {i32, i32}));
  static_assert(layout_is<std::expected<U32, float>>(8, 4, {i32, i32}));
  static_assert(layout_is<std::expected<float, double>>(16, 8, {i32, i64}));
  static_assert(layout_is<std::expected<float, U64>>(16, 8, {i32, i64}));
  static_assert(layout_is<std::expected<double, U64>>(16, 8, {i32, i64}));
  static_assert(layout_is<std::expected<double, U32>>(16, 8, {i32, i64}));
  static_assert(layout_is<std::expected<double, double>>(16, 8, {i32, f64}));
  static_assert(layout_is<std::expected<U32, U64>>(16, 8, {i32, i64}));
  static_assert(
      layout_is<std::expected<std::tuple<float, float>, std::tuple<U64>>>(16, 8, {i32, i64, f32}));
}

TEST(Layout, TuplesAndRecords) {
  static_assert(
      layout_is<std::tuple<std::uint8_t, std::uint16_t, std::uint32_t>>(8, 4, {i32, i32, i32}));
  static_assert(
      layout_is<std::tuple<std::uint8_t, std::uint64_t, std::uint8_t>>(24, 8, {i32, i64, i32}));
  static_assert(layout_is<std::tuple<>>(0, 1, {}));
  static_assert(layout_is<fake::Point>(8, 4, {i32, i32}));
  static_assert(layout_is<fake::Gaps>(32, 8, {i32, i64, i32, i32, f32, i32, i32}));
  static_assert(layout_is<fake::Person>(24, 4, {i32, i32, i32, i32, i32, i32}));
  static_assert(Abi<fake::Gaps>::Layout::offsets ==
                std::array<std::uint32_t, 7>{0, 8, 16, 18, 20, 24, 28});

  EXPECT_EQ((text_of<std::tuple<std::uint8_t, fake::Level>>()),
            "tuple<u8, enum { info, warn, error }>");
  EXPECT_EQ(text_of<fake::Person>(),
            "record { name: string, age: option<u32>, tags: list<string> }");
}

TEST(Layout, Variants) {
  static_assert(layout_is<fake::Shape>(16, 8, {i32, i64, i32}));
  static_assert(Abi<fake::Shape>::Layout::payload_offset == 8);

  EXPECT_EQ(
      text_of<fake::Shape>(),
      "variant { empty, circle(f32), label(string), id(u64), corner(record { x: s32, y: s32 }) }");
}

TEST(Layout, MoreThanSixteenFlatValuesTravelThroughMemory) {
  using Sixteen = std::tuple<std::array<std::uint8_t, 14>, std::string>;
  static_assert(Abi<Sixteen>::flat.count == 16);
  static_assert(layout_is<fake::Seventeen>(24, 4));
  static_assert(layout_is<fake::Scene>(84, 4));
  static_assert(layout_is<std::optional<Sixteen>>(28, 4));
  static_assert(layout_is<std::tuple<fake::Seventeen, fake::Seventeen>>(48, 4));
}

TEST(Layout, Handles) {
  static_assert(layout_is<std::unique_ptr<fake::Counter>>(4, 4, {i32}));
  static_assert(layout_is<Borrow<fake::Counter>>(4, 4, {i32}));

  EXPECT_EQ(text_of<std::unique_ptr<fake::Counter>>(), "own<test:abi/things.counter>");
  EXPECT_EQ(text_of<Borrow<fake::Counter>>(), "borrow<test:abi/things.counter>");
  EXPECT_EQ((text_of<std::vector<Borrow<fake::Lamp>>>()), "list<borrow<test:abi/things.lamp>>");
}

}  // namespace
}  // namespace capstan::abi
