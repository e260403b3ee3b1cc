#include <capstan/abi/testing.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace capstan::abi {
namespace {

using fake::Guest;
using Words = std::vector<std::uint64_t>;

// ------------------------------------------------------------------------------------ bool,
// integers

TEST(Bool, EveryByteButZeroIsTrue) {
  Guest guest;

  for (const unsigned byte : {0u, 1u, 2u, 0x7fu, 0x80u, 0xffu}) {
    guest.poke(100, static_cast<std::uint8_t>(byte));
    EXPECT_EQ(*guest.load<bool>(100), byte != 0) << byte;
    EXPECT_EQ(*guest.lift<bool>({byte}), byte != 0) << byte;
  }
  EXPECT_EQ(*guest.lift<bool>({0x8000'0000}), true);
}

TEST(Bool, IsLoweredAsOneOrZero) {
  Guest guest;

  EXPECT_EQ(guest.lower(true).words, Words{1});
  EXPECT_EQ(guest.lower(false).words, Words{0});
  EXPECT_EQ(guest.peek<std::uint8_t>(guest.store(true).offset), 1);
  EXPECT_EQ(guest.peek<std::uint8_t>(guest.store(false).offset), 0);
}

TEST(Bool, UpperHalfOfItsWordIsIgnored) {
  Guest guest;

  EXPECT_FALSE(*guest.lift<bool>({0xffff'ffff'0000'0000}));
}

TEST(Integer, KeepsTheLowBitsOfAnI32) {
  Guest guest;

  EXPECT_EQ(*guest.lift<std::uint8_t>({0x1234'56ff}), 0xff);
  EXPECT_EQ(*guest.lift<std::int8_t>({0x1234'5680}), -128);
  EXPECT_EQ(*guest.lift<std::uint16_t>({0x1234'ffff}), 0xffff);
  EXPECT_EQ(*guest.lift<std::int16_t>({0x1234'8000}), -32768);
  EXPECT_EQ(*guest.lift<std::uint32_t>({0xdead'beef'ffff'ffff}), 0xffff'ffff);
  EXPECT_EQ(*guest.lift<std::int32_t>({0xdead'beef'8000'0000}),
            std::numeric_limits<std::int32_t>::min());
}

TEST(Integer, SignedValuesAreExtendedToI32AndNoFurther) {
  Guest guest;

  EXPECT_EQ(guest.lower(std::int8_t{-1}).words, Words{0xffff'ffff});
  EXPECT_EQ(guest.lower(std::int16_t{-2}).words, Words{0xffff'fffe});
  EXPECT_EQ(guest.lower(std::int32_t{-3}).words, Words{0xffff'fffd});
  EXPECT_EQ(guest.lower(std::int64_t{-4}).words, Words{0xffff'ffff'ffff'fffc});
  EXPECT_EQ(guest.lower(std::uint8_t{255}).words, Words{255});
}

TEST(Integer, IsLittleEndianInMemory) {
  Guest guest;

  const auto stored = guest.store(std::uint32_t{0x0403'0201});

  EXPECT_EQ(guest.text(stored.offset, 4), "\1\2\3\4");
}

// --------------------------------------------------------------------------------------------
// floats

constexpr std::uint32_t one_nan = 0x7fc0'0000;
constexpr std::uint64_t one_nan64 = 0x7ff8'0000'0000'0000;

TEST(Float, EveryNanBecomesTheSame) {
  Guest guest;

  for (const std::uint32_t nan :
       {0x7fc0'0000u, 0x7f80'0001u, 0x7fff'ffffu, 0xff80'0001u, 0xffc1'2345u}) {
    guest.poke(100, nan);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(*guest.lift<float>({nan})), one_nan);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(*guest.load<float>(100)), one_nan);
    EXPECT_EQ(guest.lower(std::bit_cast<float>(nan)).words, Words{one_nan});
    EXPECT_EQ(guest.peek<std::uint32_t>(guest.store(std::bit_cast<float>(nan)).offset), one_nan);
  }
}

TEST(Double, EveryNanBecomesTheSame) {
  Guest guest;

  for (const std::uint64_t nan :
       {0x7ff0'0000'0000'0001u, 0xffff'ffff'ffff'ffffu, 0x7ff8'dead'beef'0000u}) {
    guest.poke(100, nan);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*guest.lift<double>({nan})), one_nan64);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*guest.load<double>(100)), one_nan64);
    EXPECT_EQ(guest.lower(std::bit_cast<double>(nan)).words, Words{one_nan64});
    EXPECT_EQ(guest.peek<std::uint64_t>(guest.store(std::bit_cast<double>(nan)).offset), one_nan64);
  }
}

TEST(Float, OtherValuesKeepTheirBits) {
  Guest guest;

  for (const std::uint32_t bits :
       {0u, 0x8000'0000u, 1u, 0x7f80'0000u, 0xff80'0000u, 0x3f80'0000u}) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(*guest.lift<float>({bits})), bits);
    EXPECT_EQ(guest.lower(std::bit_cast<float>(bits)).words, Words{bits});
  }
}

// ----------------------------------------------------------------------------------------------
// char

TEST(Char, AcceptsEveryScalarValue) {
  Guest guest;

  for (const char32_t c : {U'\0', U'a', U'\ud7ff', U'\ue000', U'\U0010ffff'}) {
    EXPECT_EQ(*guest.lift<char32_t>({c}), c);
    guest.poke(100, c);
    EXPECT_EQ(*guest.load<char32_t>(100), c);
  }
}

TEST(Char, SurrogatesAndHighNumbersTrap) {
  Guest guest;

  EXPECT_EQ(guest.lift<char32_t>({0xd800}).message(), "integer 0xd800 is not a valid char");
  EXPECT_EQ(guest.lift<char32_t>({0xdfff}).message(), "integer 0xdfff is not a valid char");
  EXPECT_EQ(guest.lift<char32_t>({0x110000}).message(), "integer 0x110000 is not a valid char");
  EXPECT_EQ(guest.lift<char32_t>({0xffff'ffff}).message(),
            "integer 0xffffffff is not a valid char");

  guest.poke(100, std::uint32_t{0xdc00});
  const auto loaded = guest.load<char32_t>(100);
  EXPECT_EQ(loaded.message(), "integer 0xdc00 is not a valid char");
  EXPECT_EQ(loaded.failure.code, CAPSTAN_ERROR_TRAP);
}

TEST(Char, TheHostMayNotGiveASurrogate) {
  Guest guest;

  for (const std::uint32_t bad : {0xd800u, 0xdfffu, 0x110000u}) {
    const auto lowered = guest.lower(static_cast<char32_t>(bad));
    EXPECT_EQ(lowered.message(), "the host gave a char that is no Unicode scalar value");
    EXPECT_EQ(lowered.failure.code, CAPSTAN_ERROR_HOST);
    EXPECT_EQ(guest.store(static_cast<char32_t>(bad)).failure.code, CAPSTAN_ERROR_HOST);
  }
}

// ----------------------------------------------------------------------------------------------
// enum

TEST(Enum, ACaseThatDoesNotExistTraps) {
  Guest guest;

  EXPECT_EQ(*guest.lift<fake::Level>({2}), fake::Level::error);
  EXPECT_EQ(guest.lift<fake::Level>({3}).message(),
            "unexpected discriminant: 3, the type has 3 cases");
  EXPECT_EQ(guest.lift<fake::Level>({0xffff'ffff}).message(),
            "unexpected discriminant: 4294967295, the type has 3 cases");

  guest.poke(100, std::uint8_t{255});
  const auto loaded = guest.load<fake::Level>(100);
  EXPECT_EQ(loaded.message(), "unexpected discriminant: 255, the type has 3 cases");
  EXPECT_EQ(loaded.failure.code, CAPSTAN_ERROR_TRAP);
}

TEST(Enum, With300CasesIsTwoBytes) {
  Guest guest;
  guest.poke(100, std::uint32_t{0xffff'012b});  // 299, and bytes that belong to somebody else

  EXPECT_EQ(*guest.load<fake::Enum300>(100), fake::Enum300{299});

  guest.poke(100, std::uint16_t{300});
  EXPECT_EQ(guest.load<fake::Enum300>(100).message(),
            "unexpected discriminant: 300, the type has 300 cases");
  EXPECT_EQ(guest.lift<fake::Enum300>({0x1'0000}).message(),
            "unexpected discriminant: 65536, the type has 300 cases");
}

TEST(Enum, With256CasesHasNoBadByte) {
  Guest guest;
  guest.poke(100, std::uint8_t{255});

  EXPECT_EQ(*guest.load<fake::Enum256>(100), fake::Enum256{255});
  EXPECT_EQ(guest.lift<fake::Enum256>({256}).message(),
            "unexpected discriminant: 256, the type has 256 cases");
}

TEST(Enum, TheHostMayNotInventACase) {
  Guest guest;

  const auto lowered = guest.lower(static_cast<fake::Level>(7));

  EXPECT_EQ(lowered.message(), "the host gave an enum value that is none of its cases");
  EXPECT_EQ(lowered.failure.code, CAPSTAN_ERROR_HOST);
}

// ---------------------------------------------------------------------------------------------
// flags

TEST(FlagSet, BitsWithoutANameAreIgnored) {
  Guest guest;
  guest.poke(100, std::uint16_t{0xffff});

  EXPECT_EQ(guest.load<Flags<fake::Flag1>>(100).value->bits(), 1u);
  EXPECT_EQ(guest.load<Flags<fake::Flag9>>(100).value->bits(), 0x1ffu);
  EXPECT_EQ(guest.lift<Flags<fake::Flag9>>({0xffff'fe02}).value->bits(), 2u);
  EXPECT_EQ(guest.lower(Flags<fake::Flag1>::from_bits(0xff)).words, Words{1});
}

TEST(FlagSet, TouchesOnlyItsOwnBytes) {
  Guest guest;
  guest.poke(100, std::uint64_t{0x1111'1111'1111'1111});
  capstan_lower call = guest.lower_call(nullptr, 100);
  Lower cx(call);

  Abi<Flags<fake::Flag9>>::store(cx, Flags<fake::Flag9>::from_bits(0x1ff), 100);

  EXPECT_EQ(guest.peek<std::uint64_t>(100), 0x1111'1111'1111'01ffu);
}

TEST(FlagSet, UsesAllOf32Bits) {
  Guest guest;
  const auto all = Flags<fake::Flag32>::from_bits(0xffff'ffff);

  EXPECT_EQ(guest.lower(all).words, Words{0xffff'ffff});
  EXPECT_EQ(*guest.lift<Flags<fake::Flag32>>({0xffff'ffff}), all);
}

enum class Permission : std::uint8_t { read, write, run };
using Permissions = Flags<Permission>;

TEST(FlagSet, IsASetOfFlags) {
  Permissions some = {Permission::read, Permission::run};

  EXPECT_TRUE(some.has(Permission::read));
  EXPECT_FALSE(some.has(Permission::write));
  EXPECT_EQ(some.bits(), 5u);
  EXPECT_EQ(some | Permission::write, Permissions::from_bits(7));
  EXPECT_EQ(some & Permission::read, Permissions(Permission::read));
  EXPECT_EQ(some - Permission::read, Permissions(Permission::run));
  EXPECT_EQ(some ^ Permission::run, Permissions(Permission::read));
  EXPECT_TRUE(some.set(Permission::read, false).set(Permission::run, false).empty());
}

}  // namespace
}  // namespace capstan::abi
