#include <capstan/capability/messaging/topic.h>

#include <gtest/gtest.h>

namespace {

using namespace capstan::messaging;

std::string refused(const Outcome<void>& checked) {
  return checked ? "accepted" : checked.error().message;
}

TEST(Topic, WhatCannotBeSentToIsRefused) {
  EXPECT_EQ(refused(check_topic("")), "'' is no topic: it is empty");
  for (const char* topic : {".a", "a.", "a..b", "."})
    EXPECT_EQ(refused(check_topic(topic)),
              "'" + std::string(topic) +
                  "' is no topic: there is nothing before or after one of its dots");
  EXPECT_EQ(refused(check_topic("a.*")),
            "'a.*' is no topic: '*' and '>' are for subscribing, not for sending");
  EXPECT_EQ(refused(check_topic("a.>")),
            "'a.>' is no topic: '*' and '>' are for subscribing, not for sending");
  EXPECT_EQ(refused(check_topic("a b")),
            "a topic has white space or a control character in it, after 'a'");
  EXPECT_EQ(refused(check_topic(std::string(1025, 'x'))),
            "a topic of 1025 bytes is too long: at most 1024 are allowed");
}

TEST(Topic, TheBrokersOwnTopicsAreNotSentTo) {
  const auto checked = check_topic("$dead.orders");

  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::permission_denied);
  EXPECT_EQ(checked.error().message,
            "'$dead.orders' begins with '$': such topics are the broker's own");
}

TEST(Topic, PatternsHaveTheRestAtTheirEndOnly) {
  EXPECT_EQ(refused(check_pattern("a.>.b")),
            "'a.>.b' is no pattern: '>' can only be the last token");
  EXPECT_EQ(refused(check_pattern("a..b")),
            "'a..b' is no pattern: there is nothing before or after one of its dots");
  for (const char* pattern : {"a", ">", "*", "*.*", "a.*.c", "a.>", "$dead.>"})
    EXPECT_EQ(refused(check_pattern(pattern)), "accepted") << pattern;
}

TEST(Topic, WildcardsInsideOfTokensAreLetters) {
  EXPECT_EQ(refused(check_topic("a*.b>")), "accepted");
  EXPECT_FALSE(matches("a*", "ab"));
  EXPECT_TRUE(matches("a*", "a*"));
}

TEST(Topic, PatternsMatchTokenByToken) {
  EXPECT_TRUE(matches("a.b", "a.b"));
  EXPECT_FALSE(matches("a.b", "a.B"));
  EXPECT_FALSE(matches("a.b", "a"));
  EXPECT_FALSE(matches("a", "a.b"));
  EXPECT_TRUE(matches("a.*.c", "a.b.c"));
  EXPECT_FALSE(matches("a.*", "a.b.c"));
  EXPECT_FALSE(matches("a.*", "a"));
  EXPECT_TRUE(matches("a.>", "a.b.c"));
  EXPECT_FALSE(matches("a.>", "a"));
  EXPECT_TRUE(matches(">", "a.b"));
  EXPECT_TRUE(matches("*.>", "a.b.c"));
}

TEST(Topic, WildcardsInFrontDoNotMatchTheBrokersOwnTopics) {
  EXPECT_FALSE(matches(">", "$dead.a"));
  EXPECT_FALSE(matches("*.a", "$dead.a"));
  EXPECT_TRUE(matches("$dead.>", "$dead.a"));
  EXPECT_TRUE(matches("$dead.*", "$dead.a"));
}

TEST(TopicSpace, ApplicationsHaveTopicsOfTheirOwn) {
  const TopicSpace shop("shop");

  EXPECT_EQ(shop.outside("orders.new"), "shop.orders.new");
  EXPECT_EQ(shop.outside(">"), "shop.>");
  EXPECT_EQ(shop.inside("shop.orders.new"), "orders.new");
  EXPECT_EQ(shop.outside("$dead.orders"), "$dead.shop.orders");
  EXPECT_EQ(shop.inside("$dead.shop.orders"), "$dead.orders");
}

TEST(TopicSpace, SharedTopicsStayAsTheyAre) {
  EXPECT_EQ(TopicSpace("").outside("orders"), "orders");
  EXPECT_EQ(TopicSpace("").inside("orders"), "orders");
}

TEST(TopicSpace, NamesThatAreNoTokenAreEscaped) {
  EXPECT_EQ(TopicSpace("my shop.v1*").outside("a"), "my%20shop%2Ev1%2A.a");
}

}  // namespace
