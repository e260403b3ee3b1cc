#include <capstan/abi/testing.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace capstan::abi {
namespace {

using namespace std::string_literals;
using fake::Guest;

constexpr std::uint32_t utf16_tag = 0x8000'0000;

std::string bytes_of(std::u16string_view units) {
  return {reinterpret_cast<const char*>(units.data()), units.size() * 2};
}

// Places the bytes in a fresh guest and lifts them as a string with the given (tagged) length.
fake::Lifted<std::string> lift_bytes(Guest& guest, std::string_view bytes,
                                     std::size_t tagged_length) {
  return guest.lift<std::string>({guest.place(bytes), tagged_length});
}

// ---------------------------------------------------------------------------------------------
// utf-8

struct BadUtf8 {
  const char* what;
  std::string bytes;
  std::size_t bad_at;
};
const BadUtf8 bad_utf8[] = {
    {"a continuation byte alone", "\x80"s, 0},
    {"a continuation byte after a whole sequence", "\xc3\xa9\xa9"s, 2},
    {"0xc0, which starts only overlong forms", "\xc0\x80"s, 0},
    {"0xc1, which starts only overlong forms", "\xc1\xbf"s, 0},
    {"an overlong slash of three bytes", "\xe0\x80\xaf"s, 0},
    {"the last overlong form of three bytes", "\xe0\x9f\xbf"s, 0},
    {"an overlong form of four bytes", "\xf0\x80\x80\xaf"s, 0},
    {"the last overlong form of four bytes", "\xf0\x8f\xbf\xbf"s, 0},
    {"the first surrogate", "\xed\xa0\x80"s, 0},
    {"the last surrogate", "\xed\xbf\xbf"s, 0},
    {"a surrogate pair, as CESU-8 writes it", "\xed\xa0\xbd\xed\xb8\x80"s, 0},
    {"U+110000", "\xf4\x90\x80\x80"s, 0},
    {"0xf5", "\xf5\x80\x80\x80"s, 0},
    {"0xff", "\xff"s, 0},
    {"two bytes, cut", "ab\xc3"s, 2},
    {"three bytes, cut after one", "ab\xe2"s, 2},
    {"three bytes, cut after two", "ab\xe2\x82"s, 2},
    {"four bytes, cut after three", "ab\xf0\x9f\x98"s, 2},
    {"an ASCII byte where a continuation must be", "\xe2\x82\x41"s, 0},
    {"a new sequence where a continuation must be", "\xf0\x9f\xc3\xa9"s, 0},
    {"a bad byte after 40 good ones", std::string(40, 'a') + "\xff", 40},
    {"a bad byte after 40 good ones of two bytes", "\xc3\xa9" + std::string(38, 'a') + "\xff", 40},
    {"a bad byte as the last of a block of 32", std::string(31, 'a') + "\x80", 31},
};

TEST(Utf8, BadSequencesTrapAndSayWhere) {
  for (const BadUtf8& bad : bad_utf8) {
    Guest guest;
    EXPECT_FALSE(is_utf8(bad.bytes)) << bad.what;

    const auto lifted = lift_bytes(guest, bad.bytes, bad.bytes.size());

    EXPECT_EQ(lifted.message(),
              fmt::format("invalid utf-8 in a string of {} bytes: bad sequence at byte {}",
                          bad.bytes.size(), bad.bad_at))
        << bad.what;
    EXPECT_EQ(lifted.failure.code, CAPSTAN_ERROR_TRAP);
  }
}

TEST(Utf8, TheHostMayNotGiveBadSequences) {
  for (const BadUtf8& bad : bad_utf8) {
    for (const auto encoding : {CAPSTAN_UTF8, CAPSTAN_UTF16, CAPSTAN_LATIN1_UTF16}) {
      Guest guest({.encoding = encoding});

      const auto lowered = guest.lower(bad.bytes);

      EXPECT_EQ(
          lowered.message(),
          fmt::format("the host gave text that is not UTF-8 (bad sequence at byte {})", bad.bad_at))
          << bad.what;
      EXPECT_EQ(lowered.failure.code, CAPSTAN_ERROR_HOST);
      // UTF-8 is checked while it is copied: its block is there, and the call has failed.
      EXPECT_EQ(guest.blocks.size(), encoding == CAPSTAN_UTF8 ? 1u : 0u);
    }
  }
}

TEST(Utf8, FirstAndLastCodePointOfEachLengthAreGood) {
  for (const char* good :
       {"\x01", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("\0"s));
}

// The vector steps must see a bad byte at every place of a block, and beside it nothing else.
TEST(Utf8, OneBadByteIsFoundAtEveryPlace) {
  for (std::size_t size = 1; size <= 70; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = '\xc0';
      Guest guest;
      EXPECT_EQ(
          lift_bytes(guest, text, size).message(),
          fmt::format("invalid utf-8 in a string of {} bytes: bad sequence at byte {}", size, at));
    }
  }
}

TEST(Utf8, AViewIsTheGuestsOwnBytes) {
  Guest guest;
  const std::uint32_t at = guest.place("zero-copy");

  const auto lifted = guest.lift<std::string_view>({at, 9});

  EXPECT_EQ(*lifted.value, "zero-copy");
  EXPECT_EQ(static_cast<const void*>(lifted.value->data()), guest.memory().data() + at);
  EXPECT_EQ(lifted.call->fuel, fake::GuestOptions().fuel);  // nothing was copied
}

TEST(Utf8, AnOwnedStringIsCountedAsCopied) {
  Guest guest({.fuel = 10});

  const auto lifted = lift_bytes(guest, "12345", 5);

  EXPECT_EQ(*lifted.value, "12345");
  EXPECT_EQ(lifted.call->fuel, 5u);
}

TEST(Utf8, MoreThanTheLimitIsRefused) {
  Guest guest({.fuel = 4});

  const auto lifted = lift_bytes(guest, "12345", 5);

  EXPECT_EQ(lifted.message(),
            "too much data for one call: 5 more bytes, 4 are left of the limit on lifted bytes");
  EXPECT_EQ(lifted.failure.code, CAPSTAN_ERROR_LIMIT);
}

TEST(Utf8, IsLoweredAsItIs) {
  Guest guest;

  const auto lowered = guest.lower("gr\u00fc\u00dfe"s);

  ASSERT_EQ(guest.blocks.size(), 1u);
  EXPECT_EQ(guest.blocks[0].align, 1u);
  EXPECT_EQ(guest.blocks[0].bytes, 7u);
  EXPECT_EQ(lowered.words, (std::vector<std::uint64_t>{guest.blocks[0].offset, 7}));
  EXPECT_EQ(guest.text(guest.blocks[0].offset, 7), "gr\u00fc\u00dfe");
}

TEST(Utf8, MayHaveAnyAlignment) {
  Guest guest;
  guest.place("x", 8);
  const std::uint32_t odd = guest.place("text", 1);
  ASSERT_EQ(odd % 2, 1u);

  EXPECT_EQ(*guest.lift<std::string>({odd, 4}).value, "text");
}

// --------------------------------------------------------------------------------------------
// bounds

TEST(TextBounds, AnEmptyTextMayLieAtTheEnd) {
  for (const auto encoding : {CAPSTAN_UTF8, CAPSTAN_UTF16, CAPSTAN_LATIN1_UTF16}) {
    Guest guest({.memory_bytes = 64, .encoding = encoding});

    EXPECT_EQ(*guest.lift<std::string>({64, 0}).value, "");
    EXPECT_EQ(guest.lift<std::string>({66, 0}).message(),
              "pointer out of bounds: 0 bytes at 0x42, memory has 64 bytes");
  }
}

TEST(TextBounds, OutsideOrWrappingTraps) {
  Guest guest({.memory_bytes = 64});

  EXPECT_EQ(guest.lift<std::string>({60, 5}).message(),
            "pointer out of bounds: 5 bytes at 0x3c, memory has 64 bytes");
  EXPECT_EQ(guest.lift<std::string>({0xffff'ffff, 2}).message(),
            "pointer out of bounds: 2 bytes at 0xffffffff, memory has 64 bytes");
  EXPECT_EQ(guest.lift<std::string>({0, 0xffff'ffff}).message(),
            "pointer out of bounds: 4294967295 bytes at 0x0, memory has 64 bytes");
}

TEST(TextBounds, Utf16LengthsCountDouble) {
  Guest guest({.memory_bytes = 64, .encoding = CAPSTAN_UTF16});

  EXPECT_EQ(guest.lift<std::string>({0, 33}).message(),
            "pointer out of bounds: 66 bytes at 0x0, memory has 64 bytes");
  // In 32 bits, twice this length would be 0.
  EXPECT_EQ(guest.lift<std::string>({0, 0x8000'0000}).message(),
            "pointer out of bounds: 4294967296 bytes at 0x0, memory has 64 bytes");
}

TEST(TextBounds, ATaggedLengthLosesOnlyItsTag) {
  Guest guest({.memory_bytes = 64, .encoding = CAPSTAN_LATIN1_UTF16});

  EXPECT_EQ(guest.lift<std::string>({0, 0xffff'ffff}).message(),
            "pointer out of bounds: 4294967294 bytes at 0x0, memory has 64 bytes");
}

// --------------------------------------------------------------------------------------------
// utf-16

TEST(Utf16, IsLifted) {
  Guest guest({.encoding = CAPSTAN_UTF16});

  const auto lifted = lift_bytes(guest, bytes_of(u"a\u00e9\u20ac\U0001f600"), 5);

  EXPECT_EQ(*lifted.value, "a\u00e9\u20ac\U0001f600");
}

TEST(Utf16, AViewRefersToAConvertedCopy) {
  Guest guest({.encoding = CAPSTAN_UTF16});
  const std::uint32_t at = guest.place(bytes_of(u"caf\u00e9"));

  const auto lifted = guest.lift<std::string_view>({at, 4});
  guest.place(std::string(1 << 17, 'x'));  // the guest's memory moves

  EXPECT_EQ(*lifted.value, "caf\u00e9");
}

TEST(Utf16, LoneSurrogatesTrap) {
  const std::pair<std::u16string, std::size_t> bad[] = {
      {{u'a', 0xd800}, 1},            // at the end
      {{0xd800, u'a'}, 0},            // followed by something else
      {{u'a', u'b', 0xdc00}, 2},      // second half first
      {{0xd83d, 0xd83d, 0xde00}, 0},  // two first halves
      {{0xd83d, 0xde00, 0xde00}, 2},  // two second halves
      {{0xdbff, 0xe000}, 0},          // just above the second halves
  };
  for (const auto& [units, at] : bad) {
    Guest guest({.encoding = CAPSTAN_UTF16});

    const auto lifted = lift_bytes(guest, bytes_of(units), units.size());

    EXPECT_EQ(lifted.message(),
              fmt::format("invalid utf-16 in a string: lone surrogate at unit {}", at));
    EXPECT_EQ(lifted.failure.code, CAPSTAN_ERROR_TRAP);
  }
}

// The memory goes on behind the text, with what would complete the pair.
TEST(Utf16, APairMayNotReachBeyondTheEnd) {
  Guest guest({.encoding = CAPSTAN_UTF16});

  const auto lifted = lift_bytes(guest, bytes_of(std::u16string{0xd83d, 0xde00}), 1);

  EXPECT_EQ(lifted.message(), "invalid utf-16 in a string: lone surrogate at unit 0");
}

TEST(Utf16, OddPointersTrap) {
  Guest guest({.encoding = CAPSTAN_UTF16});

  EXPECT_EQ(guest.lift<std::string>({0x21, 0}).message(),
            "string pointer 0x21 is not aligned to 2 bytes");
}

TEST(Utf16, IsLowered) {
  Guest guest({.encoding = CAPSTAN_UTF16});

  const auto lowered = guest.lower("a\u00e9\u20ac\U0001f600"s);

  ASSERT_EQ(guest.blocks.size(), 1u);
  EXPECT_EQ(guest.blocks[0].align, 2u);
  EXPECT_EQ(lowered.words, (std::vector<std::uint64_t>{guest.blocks[0].offset, 5}));
  EXPECT_EQ(guest.text(guest.blocks[0].offset, 10), bytes_of(u"a\u00e9\u20ac\U0001f600"));
}

// -------------------------------------------------------------------------------------
// latin1+utf16

TEST(CompactUtf16, WithoutTheTagIsLatin1) {
  Guest guest({.encoding = CAPSTAN_LATIN1_UTF16});

  EXPECT_EQ(*lift_bytes(guest, "caf\xe9\xff", 5).value, "caf\u00e9\u00ff");
  EXPECT_EQ(*lift_bytes(guest, std::string(40, 'a') + "\xe9", 41).value,
            std::string(40, 'a') + "\u00e9");
}

TEST(CompactUtf16, WithTheTagIsUtf16) {
  Guest guest({.encoding = CAPSTAN_LATIN1_UTF16});

  EXPECT_EQ(*lift_bytes(guest, bytes_of(u"\u20ac!"), 2 | utf16_tag).value, "\u20ac!");
  EXPECT_EQ(lift_bytes(guest, bytes_of(std::u16string{0xdc00}), 1 | utf16_tag).message(),
            "invalid utf-16 in a string: lone surrogate at unit 0");
}

TEST(CompactUtf16, OddPointersTrapInBothForms) {
  Guest guest({.encoding = CAPSTAN_LATIN1_UTF16});

  EXPECT_EQ(guest.lift<std::string>({0x21, 1}).message(),
            "string pointer 0x21 is not aligned to 2 bytes");
  EXPECT_EQ(guest.lift<std::string>({0x21, 1 | utf16_tag}).message(),
            "string pointer 0x21 is not aligned to 2 bytes");
}

TEST(CompactUtf16, LowersLatin1WhenItCan) {
  Guest guest({.encoding = CAPSTAN_LATIN1_UTF16});

  const auto lowered = guest.lower("caf\u00e9\u00ff"s);

  ASSERT_EQ(guest.blocks.size(), 1u);
  EXPECT_EQ(guest.blocks[0].align, 2u);
  EXPECT_EQ(lowered.words, (std::vector<std::uint64_t>{guest.blocks[0].offset, 5}));
  EXPECT_EQ(guest.text(guest.blocks[0].offset, 5), "caf\xe9\xff");
}

TEST(CompactUtf16, LowersUtf16FromU0100On) {
  Guest guest({.encoding = CAPSTAN_LATIN1_UTF16});

  const auto lowered = guest.lower("\u00ff\u0100"s);

  ASSERT_EQ(guest.blocks.size(), 1u);
  EXPECT_EQ(lowered.words, (std::vector<std::uint64_t>{guest.blocks[0].offset, 2 | utf16_tag}));
  EXPECT_EQ(guest.text(guest.blocks[0].offset, 4), bytes_of(u"\u00ff\u0100"));
}

// What is converted is counted with the most it can become, before anything is allocated.
TEST(ConvertedText, IsCountedBeforeItIsConverted) {
  Guest utf16({.encoding = CAPSTAN_UTF16, .fuel = 11});
  Guest latin1({.encoding = CAPSTAN_LATIN1_UTF16, .fuel = 7});

  EXPECT_EQ(lift_bytes(utf16, bytes_of(u"abcd"), 4).message(),
            "too much data for one call: 12 more bytes, 11 are left of the limit on lifted bytes");
  EXPECT_EQ(lift_bytes(latin1, "abcd", 4).message(),
            "too much data for one call: 8 more bytes, 7 are left of the limit on lifted bytes");
}

// ASCII goes in blocks: something else at every place, and of every width, must not be missed.
TEST(ConvertedText, OneOtherCharacterAtEveryPlace) {
  for (const char* other : {"\u0080", "\u00ff", "\u0100", "\u0161", "\u8000", "\U0001f600"}) {
    for (std::size_t size = 0; size <= 40; ++size) {
      for (std::size_t at = 0; at <= size; ++at) {
        std::string text(size, 'a');
        text.insert(at, other);
        for (const auto encoding : {CAPSTAN_UTF16, CAPSTAN_LATIN1_UTF16}) {
          Guest guest({.encoding = encoding});
          auto lifted = guest.lift<std::string>(guest.lower(text).words);
          ASSERT_EQ(*lifted, text);
        }
      }
    }
  }
}

// A guest chooses how many strings a list has: keeping them must not take stack for each.
TEST(ConvertedText, AHundredThousandStringsInOneList) {
  constexpr std::uint32_t count = 200'000;
  Guest guest({.encoding = CAPSTAN_UTF16, .fuel = std::uint64_t{1} << 30});
  const std::uint32_t list = guest.place(std::string(count * 8, '\0'));

  const auto views = guest.lift<std::vector<std::string_view>>({list, count});
  const auto owned = guest.lift<std::vector<std::string>>({list, count});

  EXPECT_EQ(views.message(), "");
  EXPECT_EQ(views.value->size(), count);
  EXPECT_EQ(owned.message(), "");
  EXPECT_EQ(owned.value->size(), count);
}

}  // namespace
}  // namespace capstan::abi
