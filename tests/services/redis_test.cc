// The Redis backend and a real server: what each operation leaves behind, as redis-cli sees it.
#include "redis_testing.h"

#include <algorithm>
#include <limits>
#include <set>
#include <thread>
#include <vector>

namespace capstan::services {
namespace {

using keyvalue::Entry;
using keyvalue::Observed;

std::vector<std::string> all_keys(const Bucket& bucket) {
  std::vector<std::string> keys;
  std::optional<std::string> cursor;
  do {
    auto page = block_on(bucket->list(cursor)).value();
    EXPECT_LE(page.keys.size(), keyvalue::page_keys_max);
    keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    cursor = page.next;
  } while (cursor);
  return keys;
}

TEST(Redis, AKeyIsTheBucketAndTheKeyAndNeverExpires) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()), "shop/sessions");

  ASSERT_EQ(error_of(bucket->set("ann", text("1"))), "");
  ASSERT_EQ(error_of(bucket->insert("bob", text("2"))), "");
  ASSERT_EQ(error_of(bucket->increment("count", 1)), "");
  std::vector<Entry> entries;
  entries.emplace_back("cas", text("3"));
  ASSERT_EQ(error_of(bucket->set_many(entries)), "");

  EXPECT_EQ(server.cli({"GET", "shop/sessions:ann"}), "1");
  EXPECT_EQ(server.cli({"GET", "shop/sessions:bob"}), "2");
  for (const char* key : {"ann", "bob", "count", "cas"})
    EXPECT_EQ(server.cli({"TTL", std::string("shop/sessions:") + key}), "-1");
}

TEST(Redis, WhatOthersStoreIsRead) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  server.cli({"SET", "bucket:theirs", "a value"});

  EXPECT_EQ(got(bucket, "theirs"), "a value");
  EXPECT_EQ(all_keys(bucket), std::vector<std::string>{"theirs"});
}

TEST(Redis, BucketsWithAwkwardNamesShareNothing) {
  const RedisServer server;
  const auto store = redis::connect_with(at(server.port())).value();
  const auto open = [&](const char* name) { return block_on(store->open(name)).value(); };
  const std::vector<Bucket> buckets = {open("a"),  open("a:b"), open("a*"),    open("[a]"),
                                       open("a?"), open("\\a"), open("a%3Ab"), open("")};

  for (std::size_t i = 0; i < buckets.size(); ++i)
    ASSERT_EQ(error_of(buckets[i]->set("b:c", text(std::to_string(i)))), "");

  for (std::size_t i = 0; i < buckets.size(); ++i) {
    EXPECT_EQ(got(buckets[i], "b:c"), std::to_string(i));
    EXPECT_EQ(all_keys(buckets[i]), std::vector<std::string>{"b:c"}) << i;
  }
  ASSERT_EQ(error_of(buckets[2]->clear()), "");
  EXPECT_EQ(got(buckets[2], "b:c"), "(none)");
  EXPECT_EQ(got(buckets[0], "b:c"), "0");
}

TEST(Redis, CountersAreEightBytesAndExactBeyondDoubles) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

  EXPECT_EQ(block_on(bucket->increment("n", 3)).value(), 3);
  EXPECT_EQ(got(bucket, "n"), std::string("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(block_on(bucket->increment("n", most - 4)).value(), most - 1);
  EXPECT_EQ(block_on(bucket->increment("n", 1)).value(), most);
  EXPECT_EQ(error_of(bucket->increment("n", 1)),
            "the counter is 9223372036854775807 and cannot take 1 more: a counter has 64 bits with "
            "its sign");
  EXPECT_EQ(block_on(bucket->increment("n", 0)).value(), most);
  EXPECT_EQ(block_on(bucket->increment("n", least)).value(), -1);
  EXPECT_EQ(block_on(bucket->increment("m", least)).value(), least);
  EXPECT_NE(error_of(bucket->increment("m", -1)), "");
  // Odd numbers that a double cannot hold.
  EXPECT_EQ(block_on(bucket->increment("d", (std::int64_t{1} << 53) + 1)).value(),
            (std::int64_t{1} << 53) + 1);
  EXPECT_EQ(block_on(bucket->increment("d", -2)).value(), (std::int64_t{1} << 53) - 1);
}

TEST(Redis, IncrementingLeavesTheTimeToLiveThatOthersGave) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  ASSERT_EQ(error_of(bucket->increment("n", 1)), "");
  server.cli({"EXPIRE", "bucket:n", "1000"});

  ASSERT_EQ(error_of(bucket->increment("n", 1)), "");

  EXPECT_GT(std::stoi(server.cli({"TTL", "bucket:n"})), 900);
}

TEST(Redis, DecimalCountersAreThoseOfIncr) {
  const RedisServer server;
  redis::Options options = at(server.port());
  options.counters = redis::Options::Counters::decimal;
  const auto bucket = open_bucket(options);
  server.cli({"SET", "bucket:n", "41"});

  EXPECT_EQ(block_on(bucket->increment("n", 1)).value(), 42);
  EXPECT_EQ(server.cli({"GET", "bucket:n"}), "42");
  EXPECT_EQ(error_of(bucket->increment("n", std::numeric_limits<std::int64_t>::max())),
            "the sum does not fit: a counter has 64 bits with its sign");
  ASSERT_EQ(error_of(bucket->set("text", text("none"))), "");
  EXPECT_EQ(error_of(bucket->increment("text", 1)),
            "the value is no counter: a decimal counter has digits");
}

TEST(Redis, SaysWhatIsWrongWithKeysOfOthers) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  server.cli({"LPUSH", "bucket:list", "1"});
  const std::string no_value =
      "the key holds something else than a value: it was not made through this store";

  EXPECT_EQ(error_of(bucket->get("list")), no_value);
  EXPECT_EQ(error_of(bucket->increment("list", 1)), no_value);
  ASSERT_EQ(error_of(bucket->set("short", text("1"))), "");
  EXPECT_EQ(error_of(bucket->increment("short", 1)),
            "the value has 1 bytes and is no counter: a counter has 8");
}

TEST(Redis, ScriptsAreSentAgainToAServerThatForgotThem) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  EXPECT_EQ(block_on(bucket->increment("n", 1)).value(), 1);
  server.cli({"SCRIPT", "FLUSH"});

  EXPECT_EQ(block_on(bucket->increment("n", 1)).value(), 2);
  Observed nothing;
  EXPECT_TRUE(block_on(bucket->swap("s", nothing, text("1"))).value());
}

TEST(Redis, ListsManyKeysOnceEachWhileOthersComeAndGo) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  constexpr int stays = 3500;
  std::vector<Entry> entries;
  std::set<std::string> expected;
  for (int i = 0; i < stays; ++i) {
    entries.emplace_back("stays" + std::to_string(i), text("x"));
    expected.insert(entries.back().first);
  }
  ASSERT_EQ(error_of(bucket->set_many(entries)), "");
  std::atomic<bool> over = false;
  std::thread others([&] {
    const auto theirs = open_bucket(at(server.port()));
    for (int i = 0; !over; ++i) {
      (void)block_on(theirs->set("comes" + std::to_string(i % 5000), text("x")));
      (void)block_on(theirs->remove("comes" + std::to_string((i + 2500) % 5000)));
    }
  });

  for (int round = 0; round < 5; ++round) {
    std::vector<std::string> keys = all_keys(bucket);
    std::erase_if(keys, [](const std::string& key) { return key.starts_with("comes"); });
    EXPECT_EQ(keys.size(), expected.size());
    EXPECT_TRUE(std::ranges::is_sorted(keys));
    EXPECT_EQ(std::set(keys.begin(), keys.end()), expected);
  }
  over = true;
  others.join();
}

TEST(Redis, ACursorIsGoodOnAnotherHostAndAfterARestart) {
  const RedisServer server({.durable = true});
  const auto bucket = open_bucket(at(server.port()));
  std::vector<Entry> entries;
  for (int i = 0; i < 2500; ++i) entries.emplace_back(std::to_string(10'000 + i), text("x"));
  ASSERT_EQ(error_of(bucket->set_many(entries)), "");
  const auto first = block_on(bucket->list(std::nullopt)).value();

  const auto elsewhere = open_bucket(at(server.port()));
  const auto second = block_on(elsewhere->list(first.next)).value();

  EXPECT_EQ(first.keys.back(), "10999");
  EXPECT_EQ(second.keys.front(), "11000");
  EXPECT_EQ(second.keys.size(), 1000U);
  EXPECT_EQ(error_of(bucket->list("no cursor")),
            "'no cursor' is no cursor of this bucket: list again from the start");
}

TEST(Redis, RemoveManyAndGetManyAreOneCommandEach) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  std::vector<Entry> entries;
  entries.emplace_back("a", text("1"));
  entries.emplace_back("b", text("2"));
  entries.emplace_back("a", text("3"));
  server.cli({"CONFIG", "RESETSTAT"});

  ASSERT_EQ(error_of(bucket->set_many(entries)), "");
  const auto values = block_on(bucket->get_many({"b", "missing", "a"})).value();
  ASSERT_EQ(error_of(bucket->remove_many({"a", "b", "missing"})), "");

  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(values[0].value().text(), "2");
  EXPECT_FALSE(values[1].has_value());
  EXPECT_EQ(values[2].value().text(), "3");
  const std::string stats = server.cli({"INFO", "commandstats"});
  for (const char* command : {"cmdstat_mset", "cmdstat_mget", "cmdstat_unlink"})
    EXPECT_NE(stats.find(std::string(command) + ":calls=1,"), std::string::npos) << stats;
}

TEST(Redis, ManyGuestsShareOneConnection) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  constexpr int threads = 8;
  constexpr int rounds = 500;

  std::vector<std::thread> guests;
  for (int t = 0; t < threads; ++t)
    guests.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) ASSERT_EQ(error_of(bucket->increment("n", 1)), "");
    });
  for (std::thread& guest : guests) guest.join();

  EXPECT_EQ(block_on(bucket->increment("n", 0)).value(), threads * rounds);
  const std::string clients = server.cli({"CLIENT", "LIST"});
  EXPECT_EQ(std::ranges::count(clients, '\n'), 1) << clients;  // the store's and redis-cli's own
}

TEST(Redis, DatabasesAndPasswordsAreUsed) {
  const RedisServer server({.password = "s3cret"});
  redis::Options options = at(server.port());
  options.password = "s3cret";
  options.database = 2;
  const auto bucket = open_bucket(options);

  ASSERT_EQ(error_of(bucket->set("key", text("value"))), "");

  EXPECT_EQ(server.cli({"-n", "2", "GET", "bucket:key"}), "value");
  EXPECT_EQ(server.cli({"GET", "bucket:key"}), "");
}

TEST(Redis, RefusalsNameWhatToLookAtAndNoPassword) {
  const RedisServer server({.password = "s3cret"});
  const std::string where = "redis at 127.0.0.1:" + std::to_string(server.port());
  redis::Options options = at(server.port());
  options.connect = redis::Options::Connect::eager;
  const auto refusal = [&] { return redis::connect_with(options).error().message(); };

  EXPECT_EQ(refusal(), where +
                           " refuses to serve: NOAUTH Authentication required.: write the password "
                           "in the address, //:PASSWORD@HOST or //USER:PASSWORD@HOST");
  options.password = "wrong-one";
  EXPECT_EQ(refusal(), where +
                           " refuses to serve: WRONGPASS invalid username-password pair or user is "
                           "disabled.: look at the user and the password in the address");
  options.password = "s3cret";
  options.database = 99;
  EXPECT_EQ(refusal(), where +
                           " refuses to serve: ERR DB index is out of range: look at the number of "
                           "the database in the address");
}

TEST(Redis, ATaskThatIsDestroyedIsForgotten) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  for (int i = 0; i < 100; ++i) {
    auto task = bucket->increment("n", 1);
    (void)task.poll(Waker());
  }

  EXPECT_EQ(error_of(bucket->set("key", text("value"))), "");
  EXPECT_EQ(got(bucket, "key"), "value");
}

}  // namespace
}  // namespace capstan::services
