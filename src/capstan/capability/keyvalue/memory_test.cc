#include <capstan/capability/keyvalue/memory.h>

#include <gtest/gtest.h>

namespace capstan::keyvalue {
namespace {

std::shared_ptr<Bucket> open(Store& store, std::string_view name) {
  return store.open(name).value();
}

TEST(KeyValueMemory, GivesNothingForAKeyThatWasNeverSet) {
  const auto store = make_memory_store();
  const auto bucket = open(*store, "b");

  EXPECT_EQ(bucket->get("missing").value(), std::nullopt);
  EXPECT_FALSE(bucket->exists("missing").value());
  EXPECT_FALSE(bucket->remove("missing").value());
}

TEST(KeyValueMemory, InsertsOnlyNewKeys) {
  const auto store = make_memory_store();
  const auto bucket = open(*store, "b");

  EXPECT_TRUE(bucket->insert("k", "first").value());
  EXPECT_FALSE(bucket->insert("k", "second").value());

  EXPECT_EQ(bucket->get("k").value(), "first");
}

TEST(KeyValueMemory, SetsReplacesAndRemoves) {
  const auto store = make_memory_store();
  const auto bucket = open(*store, "b");
  ASSERT_TRUE(bucket->set("k", "first").has_value());
  ASSERT_TRUE(bucket->set("k", std::string_view("se\0cond", 7)).has_value());

  EXPECT_EQ(bucket->get("k").value(), std::string("se\0cond", 7));
  EXPECT_TRUE(bucket->remove("k").value());
  EXPECT_FALSE(bucket->exists("k").value());
}

TEST(KeyValueMemory, ListsKeysSortedAndClears) {
  const auto store = make_memory_store();
  const auto bucket = open(*store, "b");
  for (const char* key : {"b", "c", "a"}) ASSERT_TRUE(bucket->set(key, "").has_value());

  EXPECT_EQ(bucket->keys().value(), (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_TRUE(bucket->clear().has_value());
  EXPECT_TRUE(bucket->keys().value().empty());
}

TEST(KeyValueMemory, KeepsBucketsApartAndTheirContentsAcrossHandles) {
  const auto store = make_memory_store();
  ASSERT_TRUE(open(*store, "one")->set("k", "1").has_value());

  EXPECT_EQ(open(*store, "two")->get("k").value(), std::nullopt);
  EXPECT_EQ(open(*store, "one")->get("k").value(), "1");
}

TEST(KeyValueMemory, RefusesMoreThanItsLimitAndCountsWhatIsRemoved) {
  const auto store = make_memory_store({.bytes_max = 1000});
  const auto bucket = open(*store, "b");
  ASSERT_TRUE(bucket->set("k", std::string(500, 'x')).has_value());

  const auto refused = bucket->set("l", std::string(500, 'x'));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "the store is full: it holds at most 1000 bytes in memory");
  EXPECT_TRUE(bucket->remove("k").value());
  EXPECT_TRUE(bucket->set("l", std::string(500, 'x')).has_value());
  EXPECT_TRUE(bucket->set("l", std::string(600, 'x')).has_value());
  ASSERT_TRUE(bucket->clear().has_value());
  EXPECT_TRUE(bucket->insert("m", std::string(700, 'x')).value());
}

TEST(KeyValueMemory, AnswersAfterTheStoreItself) {
  auto store = make_memory_store();
  const auto bucket = open(*store, "b");
  ASSERT_TRUE(bucket->set("k", "v").has_value());

  store.reset();

  EXPECT_EQ(bucket->get("k").value(), "v");
}

}  // namespace
}  // namespace capstan::keyvalue
