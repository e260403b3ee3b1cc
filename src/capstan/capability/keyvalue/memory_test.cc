#include <capstan/capability/keyvalue/memory.h>

#include <gtest/gtest.h>

namespace capstan::keyvalue {
namespace {

std::shared_ptr<Bucket> open(Store& store, std::string name) {
  return block_on(store.open(std::move(name))).value();
}
Outcome<void> set(Bucket& bucket, std::string key, std::size_t bytes) {
  return block_on(bucket.set(std::move(key), std::vector<std::uint8_t>(bytes, 'x')));
}

TEST(KeyValueMemory, RefusesMoreBytesThanItsLimitAndCountsWhatIsRemoved) {
  const auto store = connect_with(MemoryOptions{.bytes_max = 10'000}).value();
  const auto bucket = open(*store, "b");
  ASSERT_TRUE(set(*bucket, "k", 3000).has_value());

  const auto refused = set(*bucket, "l", 6000);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "the store is full: it holds at most 10000 bytes in memory");
  EXPECT_TRUE(block_on(bucket->remove("k")).value());
  EXPECT_TRUE(set(*bucket, "l", 3000).has_value());
  EXPECT_TRUE(set(*bucket, "l", 4000).has_value());
  ASSERT_TRUE(block_on(bucket->clear()).has_value());
  EXPECT_TRUE(set(*bucket, "m", 4000).has_value());
}

TEST(KeyValueMemory, RefusesMoreKeysThanItsLimitInAllBucketsTogether) {
  const auto store = connect_with(MemoryOptions{.keys_max = 3}).value();
  const auto one = open(*store, "one");
  const auto two = open(*store, "two");
  ASSERT_TRUE(set(*one, "a", 1).has_value());
  ASSERT_TRUE(set(*one, "b", 1).has_value());
  ASSERT_TRUE(set(*two, "a", 1).has_value());

  const auto refused = set(*two, "b", 1);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "the store is full: it holds at most 3 keys in memory");
  EXPECT_TRUE(set(*two, "a", 2).has_value());
  EXPECT_TRUE(block_on(one->remove("a")).value());
  EXPECT_TRUE(set(*two, "b", 1).has_value());
}

TEST(KeyValueMemory, StoresNothingOfABatchThatDoesNotFit) {
  const auto store = connect_with(MemoryOptions{.keys_max = 3}).value();
  const auto bucket = open(*store, "b");
  ASSERT_TRUE(set(*bucket, "a", 1).has_value());
  std::vector<Entry> entries;
  for (const char* key : {"b", "c", "d"}) entries.emplace_back(key, Bytes::copy_of("new"));

  EXPECT_FALSE(block_on(bucket->set_many(entries)).has_value());

  EXPECT_EQ(block_on(bucket->list(std::nullopt)).value().keys, std::vector<std::string>{"a"});
  EXPECT_TRUE(set(*bucket, "b", 1).has_value());
  EXPECT_TRUE(set(*bucket, "c", 1).has_value());
}

TEST(KeyValueMemory, RefusesBucketsWithoutEndToo) {
  const auto store = connect_with(MemoryOptions{.bytes_max = 100'000}).value();
  std::size_t opened = 0;
  while (opened < 1000 && block_on(store->open("bucket " + std::to_string(opened)))) ++opened;

  EXPECT_GT(opened, 5u);
  EXPECT_LT(opened, 100u);
}

TEST(KeyValueMemory, GivesTheVeryBytesItKeepsUnlessTheyAreFew) {
  const auto store = connect_with(MemoryOptions()).value();
  const auto bucket = open(*store, "b");
  const Bytes value = std::vector<std::uint8_t>(1000, 'x');
  const Bytes few = Bytes::copy_of("few");
  ASSERT_TRUE(block_on(bucket->set("k", value)).has_value());
  ASSERT_TRUE(block_on(bucket->set("few", few)).has_value());

  EXPECT_EQ(block_on(bucket->get("k")).value()->data(), value.data());
  EXPECT_NE(block_on(bucket->get("few")).value()->data(), few.data());
}

TEST(KeyValueMemory, AnswersAfterTheStoreItself) {
  auto store = connect_with(MemoryOptions()).value();
  const auto bucket = open(*store, "b");
  ASSERT_TRUE(set(*bucket, "k", 1).has_value());

  store.reset();

  EXPECT_TRUE(block_on(bucket->exists("k")).value());
}

}  // namespace
}  // namespace capstan::keyvalue
