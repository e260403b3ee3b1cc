#include <capstan/backend/service/failure.h>

#include <gtest/gtest.h>

namespace capstan::service {
namespace {

TEST(Failure, WhatWasNotCarriedOutMayAlwaysBeRepeated) {
  EXPECT_TRUE(may_repeat(Effect::none, Carried::certainly_not));
  EXPECT_TRUE(may_repeat(Effect::repeatable, Carried::certainly_not));
  EXPECT_TRUE(may_repeat(Effect::once, Carried::certainly_not));
}

TEST(Failure, WhatMayHaveBeenCarriedOutIsRepeatedOnlyWhereTwiceIsLikeOnce) {
  EXPECT_TRUE(may_repeat(Effect::none, Carried::perhaps));
  EXPECT_TRUE(may_repeat(Effect::repeatable, Carried::perhaps));
  EXPECT_FALSE(may_repeat(Effect::once, Carried::perhaps));
}

TEST(Failure, SaysWhetherTryingAgainMayHelp) {
  EXPECT_EQ((Failure{Failure::Kind::late, "no answer"}).told(), "no answer; trying again may help");
  EXPECT_EQ((Failure{Failure::Kind::refused, "wrong password"}).told(), "wrong password");
}

}  // namespace
}  // namespace capstan::service
