#include "layout.h"

#include <gtest/gtest.h>

namespace capstan::codegen::host {
namespace {

const std::string wide(40, 'w');

TEST(Layout, ArgumentsThatFitStayOnOneLine) {
  EXPECT_EQ(packed(0, "f(", {"a", "b"}, ");"), "f(a, b);");
  EXPECT_EQ(packed(0, "f(", {}, ");"), "f();");
}

TEST(Layout, ArgumentsThatDoNotFitAreAlignedBehindTheBracket) {
  EXPECT_EQ(packed(2, "call(", {wide, wide, "c"}, ");"), "call(" + wide + ", " + wide + ", c);");
  EXPECT_EQ(packed(2, "call(", {wide, wide, wide}, ");"),
            "call(" + wide + ", " + wide + ",\n       " + wide + ");");
}

TEST(Layout, ArgumentsGoBelowABracketThatIsTooFarRight) {
  const std::string head(80, 'f');

  EXPECT_EQ(packed(0, head + "(", {wide, "b"}, ");"), head + "(\n    " + wide + ", b);");
}

TEST(Layout, ALongResultTypeGetsALineOfItsOwn) {
  const std::string type(95, 'T');

  EXPECT_EQ(function_head(2, type, "get", {"int a"}, ");"), type + "\n  get(int a);");
}

TEST(Layout, CommentsAreBrokenBetweenWords) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "word ";

  const std::string comment_lines = comment(2, text);

  EXPECT_EQ(comment_lines.find("  // word word"), 0U);
  for (std::size_t at = 0; at < comment_lines.size();) {
    const auto end = comment_lines.find('\n', at);
    EXPECT_LE(end - at, columns_max);
    at = end + 1;
  }
}

TEST(Layout, ACommentNeverContinuesIntoCode) {
  EXPECT_EQ(comment(0, "ends with \\"), "// ends with \\ .\n");
  EXPECT_EQ(comment(0, "a\r\n\tb\n\n"), "// a\n//   b\n");
  EXPECT_EQ(comment(0, ""), "");
}

TEST(Layout, DeprecationIsPartOfTheDocumentation) {
  EXPECT_EQ(comment(0, Notes{"Old.", "1.2.0"}), "// Old.\n//\n// Deprecated since 1.2.0.\n");
  EXPECT_EQ(comment(0, Notes{"", "1.2.0"}), "// Deprecated since 1.2.0.\n");
}

}  // namespace
}  // namespace capstan::codegen::host
