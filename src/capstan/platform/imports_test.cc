#include <capstan/platform/imports.h>

#include <gtest/gtest.h>

namespace capstan::platform {
namespace {

TEST(Imports, MatchesVersionsAsSemanticVersioningDoes) {
  EXPECT_TRUE(compatible("wasi:io/streams@0.2.3", "wasi:io/streams@0.2.0"));
  EXPECT_TRUE(compatible("a:b/c@1.2.0", "a:b/c@1.9.9"));
  EXPECT_TRUE(compatible("a:b/c", "a:b/c"));
  EXPECT_FALSE(compatible("a:b/c@0.1.0", "a:b/c@0.2.0"));
  EXPECT_FALSE(compatible("a:b/c@1.0.0", "a:b/d@1.0.0"));
  EXPECT_FALSE(compatible("a:b/c@0.2.0-draft", "a:b/c@0.2.0-draft2"));
  EXPECT_FALSE(compatible("a:b/c", "a:b/c@1.0.0"));
}

TEST(Imports, KnowsWhichInterfacesAreWasi) {
  EXPECT_TRUE(is_wasi("wasi:cli/environment@0.2.0"));
  EXPECT_TRUE(is_wasi("wasi:sockets/types@0.3.0"));
  EXPECT_FALSE(is_wasi("wasi:cli/environment@0.2.0-rc-2023-11-10"));
  EXPECT_FALSE(is_wasi("wasi:cli/environment@0.4.0"));
  EXPECT_FALSE(is_wasi("wasi:keyvalue/store@0.2.0"));
  EXPECT_FALSE(is_wasi("wasi:cli/environment"));
}

}  // namespace
}  // namespace capstan::platform
