#include <capstan/abi/testing.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>

namespace capstan::abi {
namespace {

using fake::Guest;
using fake::Shape;
using Words = std::vector<std::uint64_t>;

// --------------------------------------------------------------------------------------------
// record

TEST(Record, FieldsLieWhereTheSpecificationPutsThem) {
  Guest guest;
  const fake::Gaps value = {.a = 1, .b = 2, .c = true, .d = 4, .e = 0.5f, .f = U'\u20ac', .g = -1};

  const auto stored = guest.store(value);

  EXPECT_EQ(guest.peek<std::uint8_t>(stored.offset + 0), 1);
  EXPECT_EQ(guest.peek<std::uint64_t>(stored.offset + 8), 2u);
  EXPECT_EQ(guest.peek<std::uint8_t>(stored.offset + 16), 1);
  EXPECT_EQ(guest.peek<std::uint16_t>(stored.offset + 18), 4);
  EXPECT_EQ(guest.peek<float>(stored.offset + 20), 0.5f);
  EXPECT_EQ(guest.peek<std::uint32_t>(stored.offset + 24), 0x20acu);
  EXPECT_EQ(guest.peek<std::int8_t>(stored.offset + 28), -1);
}

TEST(Record, TheGapsBetweenItsFieldsAreNotTouched) {
  Guest guest;

  const auto stored = guest.store(fake::Gaps());  // into a block full of 0xa5

  for (const std::uint32_t gap : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 17u, 29u, 30u, 31u})
    EXPECT_EQ(guest.peek<std::uint8_t>(stored.offset + gap), 0xa5) << gap;
}

TEST(Record, IsFlatFieldByField) {
  Guest guest;
  const fake::Gaps value = {.a = 1, .b = 2, .c = true, .d = 4, .e = 0.5f, .f = U'f', .g = -1};

  EXPECT_EQ(guest.lower(value).words,
            (Words{1, 2, 1, 4, std::bit_cast<std::uint32_t>(0.5f), 'f', 0xffff'ffff}));
}

TEST(Record, TheFirstErrorIsTheOneReported) {
  Guest guest;

  const auto lifted =
      guest.lift<std::tuple<char32_t, fake::Level, std::string>>({0xd800, 9, 0, 0xffff'ffff});

  EXPECT_EQ(lifted.message(), "integer 0xd800 is not a valid char");
}

TEST(Record, LowersFromATupleOfReferences) {
  Guest guest;
  std::string name = "n";
  std::uint32_t number = 7;
  std::vector<std::uint64_t> words(3);
  capstan_lower call = guest.lower_call(&words, 0);
  Lower cx(call);

  Abi<std::tuple<std::string, std::uint32_t>>::lower_flat(cx, std::tie(name, number), words.data());

  EXPECT_EQ(words[1], 1u);
  EXPECT_EQ(words[2], 7u);
}

// --------------------------------------------------------------------------------------------
// option

TEST(Option, NoneLeavesItsPayloadWordsZero) {
  Guest guest;

  EXPECT_EQ(guest.lower(std::optional<std::string>()).words, (Words{0, 0, 0}));
}

TEST(Option, NoneIgnoresWhatIsInThePayload) {
  Guest guest;

  const auto lifted = guest.lift<std::optional<std::string>>({0, 0xffff'ffff, 0xffff'ffff});

  EXPECT_EQ(lifted.message(), "");
  EXPECT_EQ(*lifted.value, std::nullopt);
}

TEST(Option, HasTwoCases) {
  Guest guest;
  guest.poke(100, std::uint8_t{2});

  EXPECT_EQ(guest.lift<std::optional<std::uint8_t>>({2, 0}).message(),
            "unexpected discriminant: 2, the type has 2 cases");
  EXPECT_EQ(guest.load<std::optional<std::uint8_t>>(100).message(),
            "unexpected discriminant: 2, the type has 2 cases");
}

TEST(Option, NestedOptionsKeepTheirLevels) {
  Guest guest;
  using Nested = std::optional<std::optional<std::uint8_t>>;
  const Nested none;
  const Nested some_none(std::in_place, std::nullopt);
  const Nested some_some(std::in_place, 7);

  EXPECT_EQ(guest.lower(none).words, (Words{0, 0, 0}));
  EXPECT_EQ(guest.lower(some_none).words, (Words{1, 0, 0}));
  EXPECT_EQ(guest.lower(some_some).words, (Words{1, 1, 7}));
  EXPECT_EQ(*guest.lift<Nested>({1, 0, 9}), some_none);
}

// --------------------------------------------------------------------------------------------
// result

TEST(ResultValue, AllFourShapes) {
  Guest guest;
  using Bare = std::expected<void, std::monostate>;
  using OkOnly = std::expected<std::uint8_t, std::monostate>;
  using ErrorOnly = std::expected<void, std::uint8_t>;
  using Both = std::expected<std::uint8_t, std::uint16_t>;

  EXPECT_EQ(guest.lower(Bare()).words, (Words{0}));
  EXPECT_EQ(guest.lower(Bare(std::unexpect)).words, (Words{1}));
  EXPECT_EQ(guest.lower(OkOnly(5)).words, (Words{0, 5}));
  EXPECT_EQ(guest.lower(OkOnly(std::unexpect)).words, (Words{1, 0}));
  EXPECT_EQ(guest.lower(ErrorOnly()).words, (Words{0, 0}));
  EXPECT_EQ(guest.lower(ErrorOnly(std::unexpect, 6)).words, (Words{1, 6}));
  EXPECT_EQ(guest.lower(Both(5)).words, (Words{0, 5}));
  EXPECT_EQ(guest.lower(Both(std::unexpect, 600)).words, (Words{1, 600}));
}

TEST(ResultValue, HasTwoCases) {
  Guest guest;

  EXPECT_EQ((guest.lift<std::expected<void, std::monostate>>({2}).message()),
            "unexpected discriminant: 2, the type has 2 cases");
  guest.poke(100, std::uint8_t{0x80});
  EXPECT_EQ((guest.load<std::expected<std::uint8_t, std::string>>(100).message()),
            "unexpected discriminant: 128, the type has 2 cases");
}

// Spec: join. What a case shares a word with decides the word's width, never its value.
TEST(ResultValue, FloatsInWiderWords) {
  Guest guest;
  using Value = std::expected<float, std::uint64_t>;

  EXPECT_EQ(guest.lower(Value(-1.0f)).words, (Words{0, 0xbf80'0000}));
  EXPECT_EQ(guest.lower(Value(std::unexpect, ~std::uint64_t{0})).words,
            (Words{1, ~std::uint64_t{0}}));
  // The upper half of the word is what the guest's conversion left there.
  EXPECT_EQ(*guest.lift<Value>({0, 0xffff'ffff'bf80'0000}), Value(-1.0f));
}

TEST(ResultValue, SignedNumbersInWiderWordsAreZeroExtended) {
  Guest guest;
  using Value = std::expected<std::int8_t, std::uint64_t>;

  EXPECT_EQ(guest.lower(Value(std::int8_t{-1})).words, (Words{0, 0xffff'ffff}));
  EXPECT_EQ(*guest.lift<Value>({0, 0xffff'ffff}), Value(std::int8_t{-1}));
}

// -------------------------------------------------------------------------------------------
// variant

TEST(VariantValue, EachCaseInFlatWords) {
  Guest guest;

  EXPECT_EQ(guest.lower(Shape::empty()).words, (Words{0, 0, 0}));
  EXPECT_EQ(guest.lower(Shape::circle(1.0f)).words, (Words{1, 0x3f80'0000, 0}));
  EXPECT_EQ(guest.lower(Shape::id(1ull << 40)).words, (Words{3, 1ull << 40, 0}));
  EXPECT_EQ(guest.lower(Shape::corner({-1, 2})).words, (Words{4, 0xffff'ffff, 2}));
  const auto label = guest.lower(Shape::label("ab"));
  EXPECT_EQ(label.words, (Words{2, guest.blocks.back().offset, 2}));
}

TEST(VariantValue, EachCaseInMemory) {
  Guest guest;

  const auto circle = guest.store(Shape::circle(1.0f));
  const auto corner = guest.store(Shape::corner({3, 4}));

  EXPECT_EQ(guest.peek<std::uint8_t>(circle.offset), 1);
  EXPECT_EQ(guest.peek<float>(circle.offset + 8), 1.0f);
  EXPECT_EQ(guest.peek<std::uint8_t>(corner.offset), 4);
  EXPECT_EQ(guest.peek<std::uint32_t>(corner.offset + 12), 4u);
}

TEST(VariantValue, ACaseThatDoesNotExistTraps) {
  Guest guest;
  guest.poke(104, std::uint8_t{5});

  EXPECT_EQ(guest.lift<Shape>({5, 0, 0}).message(),
            "unexpected discriminant: 5, the type has 5 cases");
  EXPECT_EQ(guest.lift<Shape>({0x1'0000'0000, 0, 0}).value->which(), fake::ShapeCase::empty);
  EXPECT_EQ(guest.load<Shape>(104).message(), "unexpected discriminant: 5, the type has 5 cases");
}

TEST(VariantValue, AnErrorInThePayloadIsReported) {
  Guest guest;

  EXPECT_EQ(guest.lift<Shape>({2, 0, 0xffff'ffff}).message(),
            "pointer out of bounds: 4294967295 bytes at 0x0, memory has 65536 bytes");
}

TEST(VariantValue, ALoweringErrorInThePayloadIsReported) {
  Guest guest;

  EXPECT_EQ(guest.lower(Shape::label("\xff")).message(),
            "the host gave text that is not UTF-8 (bad sequence at byte 0)");
}

TEST(VariantClass, KnowsItsCase) {
  Shape shape = Shape::label("door");

  EXPECT_TRUE(shape.is(fake::ShapeCase::label));
  EXPECT_EQ(shape.get<fake::ShapeCase::label>(), "door");
  EXPECT_EQ(shape.get_if<fake::ShapeCase::id>(), nullptr);
  EXPECT_THROW((void)shape.get<fake::ShapeCase::circle>(), std::bad_variant_access);
  EXPECT_EQ(shape, Shape::label("door"));
  EXPECT_NE(shape, Shape::label("gate"));
  EXPECT_NE(shape, Shape::empty());
}

TEST(VariantClass, VisitsTheCaseThatHolds) {
  const auto text = [](const Shape& shape) {
    return shape.visit([](auto which, const auto& payload) -> std::string {
      if constexpr (which == fake::ShapeCase::label) return payload;
      return fmt::format("case {}", static_cast<int>(which()));
    });
  };

  EXPECT_EQ(text(Shape::label("door")), "door");
  EXPECT_EQ(text(Shape::empty()), "case 0");
  EXPECT_EQ(text(Shape::corner({})), "case 4");
}

// ------------------------------------------------------------------------------------ through
// memory

// More than 16 flat values: parameters and results are one tuple in memory.
TEST(Memory, CarriesWhatDoesNotFitFlat) {
  Guest guest;
  guest.realloc = fake::Realloc::moves_memory;
  const fake::Seventeen value = {{1, 2, 3}, "seventeen"};

  const auto stored = guest.store(value);
  auto loaded = guest.load<fake::Seventeen>(stored.offset);

  EXPECT_EQ(*loaded, value);
}

TEST(Memory, NothingIsWrittenAfterAFailure) {
  Guest guest;
  const std::tuple<std::string, std::uint32_t> value = {"\xff", 7};

  const auto stored = guest.store(value);

  EXPECT_EQ(stored.failure.code, CAPSTAN_ERROR_HOST);
  for (std::uint32_t i = 0; i < 12; ++i)
    EXPECT_EQ(guest.peek<std::uint8_t>(stored.offset + i), 0xa5) << i;
}

}  // namespace
}  // namespace capstan::abi
