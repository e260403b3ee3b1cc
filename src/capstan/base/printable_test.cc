#include <capstan/base/printable.h>

#include <gtest/gtest.h>

namespace capstan::base {
namespace {

TEST(Printable, LeavesWhatCanBeSeen) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("plain \\n text ~"), "plain \\n text ~");
  EXPECT_EQ(printable("Grüße, 世界 🦀"), "Grüße, 世界 🦀");
}

TEST(Printable, EscapesEndsOfLinesAndTerminalSequences) {
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable("\x1b[31mred\x07\x7f"), "\\x1b[31mred\\x07\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\u009b31m"), "\\u{9b}31m");
}

TEST(Printable, EscapesWhatHidesOrTurnsText) {
  EXPECT_EQ(printable("a\u202eb\u2028c\ufeffd\u200be"),
            "a\\u{202e}b\\u{2028}c\\u{feff}d\\u{200b}e");
  EXPECT_EQ(printable("\U000E0041"), "\\u{e0041}");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("a\xff"
                      "b"),
            "a\\xffb");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc0\x8a"), "\\xc0\\x8a");           // an overlong line end
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("abc", 3), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("aü", 2), "a");
  EXPECT_EQ(utf8_prefix("世", 2), "");
}

}  // namespace
}  // namespace capstan::base
