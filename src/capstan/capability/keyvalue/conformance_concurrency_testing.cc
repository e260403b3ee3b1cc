#include <capstan/capability/keyvalue/conformance_testing.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

namespace capstan::keyvalue {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KeyValueConcurrency);

namespace {

constexpr int thread_count = 8;

// Calls `work` with the number of each thread, at once.
template <typename Work>
void at_once(Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST_P(KeyValueConcurrency, CountsExactly) {
  const int each = GetParam().increments;
  const auto one = open();
  std::atomic<int> failures = 0;

  at_once([&](int) {
    const auto bucket = open();
    for (int i = 0; i < each; ++i)
      if (!block_on(bucket->increment(i % 2 == 0 ? "even" : "odd", 1))) ++failures;
  });

  EXPECT_EQ(failures, 0);
  EXPECT_EQ(now(one->increment("even", 0)) + now(one->increment("odd", 0)),
            std::int64_t{thread_count} * each);
}

TEST_P(KeyValueConcurrency, SwapsLikeACounter) {
  const int each = GetParam().increments / 50;
  std::atomic<int> failures = 0;

  at_once([&](int) {
    const auto bucket = open();
    for (int done = 0; done < each;) {
      auto seen = block_on(bucket->observe("n"));
      if (!seen) {
        ++failures;
        return;
      }
      const std::string text(seen->value ? seen->value->text() : "0");
      const Bytes next = bytes(std::to_string(std::stoll(text) + 1));
      const auto swapped = block_on(bucket->swap("n", *std::move(seen), next));
      if (!swapped) {
        ++failures;
        return;
      }
      if (*swapped) ++done;
    }
  });

  EXPECT_EQ(failures, 0);
  EXPECT_EQ(now(open()->get("n")), bytes(std::to_string(thread_count * each)));
}

TEST_P(KeyValueConcurrency, LetsOneOfManyInsert) {
  constexpr int keys = 50;
  std::atomic<int> inserted = 0;

  at_once([&](int thread) {
    const auto bucket = open();
    for (int i = 0; i < keys; ++i)
      if (block_on(bucket->insert("key " + std::to_string(i), bytes(std::to_string(thread))))
              .value_or(false))
        ++inserted;
  });

  EXPECT_EQ(inserted, keys);
}

TEST_P(KeyValueConcurrency, ShowsABatchWholeOrNotAtAll) {
  const int rounds = std::max(GetParam().increments / 200, 20);
  const std::vector<std::string> keys = {"a", "b", "c", "d", "e"};
  std::atomic<int> torn = 0;
  std::atomic<int> failures = 0;

  at_once([&](int thread) {
    const auto bucket = open();
    for (int i = 0; i < rounds; ++i) {
      if (thread % 2 == 0) {
        const Bytes value = bytes(std::to_string(thread * rounds + i));
        std::vector<Entry> entries;
        for (const std::string& key : keys) entries.emplace_back(key, value);
        if (!block_on(bucket->set_many(entries))) ++failures;
      } else {
        const auto values = block_on(bucket->get_many(keys));
        if (!values) {
          ++failures;
          continue;
        }
        for (const auto& value : *values)
          if (value != values->front()) ++torn;
      }
    }
  });

  EXPECT_EQ(failures, 0);
  EXPECT_EQ(torn, 0);
}

TEST_P(KeyValueConcurrency, ListsWhatStaysWhileOthersWrite) {
  constexpr int staying = 1500;
  const auto bucket = open();
  std::vector<Entry> entries;
  for (int i = 0; i < staying; ++i) entries.emplace_back("stays " + std::to_string(i), bytes("v"));
  now(bucket->set_many(entries));
  std::atomic<bool> done = false;
  std::atomic<int> failures = 0;

  std::thread writer([&] {
    const auto own = open();
    for (int i = 0; !done; ++i) {
      const std::string key = std::to_string(i % 300);
      if (!block_on(own->set(key, bytes("v")))) ++failures;
      if (!block_on(own->remove(std::to_string((i + 150) % 300)))) ++failures;
    }
  });
  for (int round = 0; round < 5; ++round) {
    std::map<std::string, int> seen;
    for (const std::string& key : all_keys(*bucket)) ++seen[key];
    for (int i = 0; i < staying; ++i) EXPECT_EQ(seen["stays " + std::to_string(i)], 1);
  }
  done = true;
  writer.join();

  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace capstan::keyvalue
