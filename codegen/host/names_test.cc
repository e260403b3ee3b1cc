#include "names.h"

#include <gtest/gtest.h>

namespace capstan::codegen::host {
namespace {

TEST(Names, WordsBecomeSnakeOrTitle) {
  EXPECT_EQ(snake("open-bucket"), "open_bucket");
  EXPECT_EQ(snake("HTTP-get"), "http_get");
  EXPECT_EQ(title("key-response"), "KeyResponse");
  EXPECT_EQ(title("HTTP-get"), "HttpGet");
  EXPECT_EQ(title("utf8-text"), "Utf8Text");
}

TEST(Names, KeywordsAndMacrosGetAnUnderscore) {
  EXPECT_EQ(identifier("class"), "class_");
  EXPECT_EQ(identifier("xor-eq"), "xor_eq_");
  EXPECT_EQ(identifier("stdin"), "stdin_");
  EXPECT_EQ(identifier("classes"), "classes");
}

TEST(Names, NamespacesKeepClearOfThoseThatGeneratedCodeNames) {
  EXPECT_EQ(namespace_segment("std", "wit"), "std_");
  EXPECT_EQ(namespace_segment("capstan", "wit"), "capstan_");
  EXPECT_EQ(namespace_segment("wit", "wit"), "wit_");
  EXPECT_EQ(namespace_segment("wit", "acme"), "wit");
}

TEST(Names, VersionsBecomeSuffixes) {
  EXPECT_EQ(version_suffix("0.2.0"), "0_2_0");
  EXPECT_EQ(version_suffix("0.2.0-draft2"), "0_2_0_draft2");
  EXPECT_EQ(version_suffix("1.0.0-rc.1+build-7"), "1_0_0_rc_1_build_7");
  EXPECT_EQ(version_suffix(""), "");
}

TEST(Names, WhoAsksFirstGetsThePlainName) {
  NameSet names({"instance"});

  EXPECT_EQ(names.claim("open"), "open");
  EXPECT_EQ(names.claim("open"), "open_");
  EXPECT_EQ(names.claim("open"), "open_2");
  EXPECT_EQ(names.claim("open"), "open_3");
  EXPECT_EQ(names.claim("instance"), "instance_");
}

TEST(Names, AnEscapedNameDoesNotGetTwoUnderscores) {
  NameSet names;

  EXPECT_EQ(names.claim("class_"), "class_");
  EXPECT_EQ(names.claim("class_"), "class_2");
}

}  // namespace
}  // namespace capstan::codegen::host
