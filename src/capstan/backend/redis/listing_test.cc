#include <capstan/backend/redis/listing.h>

#include <gtest/gtest.h>

namespace capstan::redis {
namespace {

using Keys = std::vector<std::string>;

TEST(RedisListing, KeepsEachKeyOnceAndInOrder) {
  SmallestKeys keys(std::nullopt, {});
  for (const char* key : {"b", "a", "b", "c", "a", ""}) keys.add(key);

  EXPECT_TRUE(keys.complete());
  EXPECT_EQ(keys.take(), (Keys{"", "a", "b", "c"}));
}

TEST(RedisListing, LeavesOutWhatIsNotAboveTheCursor) {
  SmallestKeys keys(std::string("b"), {});
  for (const char* key : {"a", "b", "ba", "c"}) keys.add(key);

  EXPECT_EQ(keys.take(), (Keys{"ba", "c"}));
}

TEST(RedisListing, WhatDoesNotFitIsLeftOutFromTheEnd) {
  SmallestKeys keys(std::nullopt, {.keys = 2, .bytes = 100});
  for (const char* key : {"d", "b", "e", "a", "c", "b"}) keys.add(key);

  EXPECT_FALSE(keys.complete());
  EXPECT_EQ(keys.take(), (Keys{"a", "b"}));
}

TEST(RedisListing, OneKeyFitsHoweverLongItIs) {
  SmallestKeys keys(std::nullopt, {.keys = 10, .bytes = 3});
  for (const char* key : {"longer", "long", "longest"}) keys.add(key);

  EXPECT_FALSE(keys.complete());
  EXPECT_EQ(keys.take(), (Keys{"long"}));
}

TEST(RedisListing, RemaindersAreTakenOnceByTheListingTheyBelongTo) {
  Remainders remainders;
  remainders.keep("one:", "b", {.keys = {"c"}, .next = 0, .complete = true});

  EXPECT_FALSE(remainders.take("two:", "b").has_value());
  EXPECT_FALSE(remainders.take("one:", "a").has_value());
  EXPECT_EQ(remainders.take("one:", "b").value().keys, Keys{"c"});
  EXPECT_FALSE(remainders.take("one:", "b").has_value());
}

TEST(RedisListing, TheOldestRemainderGoesWhenThereAreMany) {
  Remainders remainders;
  for (const char* bucket : {"1", "2", "3", "4", "5"})
    remainders.keep(bucket, "", {.keys = {bucket}, .next = 0, .complete = true});

  EXPECT_FALSE(remainders.take("1", "").has_value());
  EXPECT_TRUE(remainders.take("2", "").has_value());
}

TEST(RedisListing, SignsOfPatternsLoseTheirMeaning) {
  EXPECT_EQ(glob_escaped("a*b?[c]\\^d-e"), "a\\*b\\?\\[c\\]\\\\\\^d-e");
}

}  // namespace
}  // namespace capstan::redis
