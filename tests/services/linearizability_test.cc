// Histories of eight clients, which porcupine finds an order for: each operation must look as if it
// had happened at one moment, also when the server went away in between.
#include "redis_testing.h"

#include <capstan/capability/keyvalue/memory.h>
#include <capstan/capability/keyvalue/sqlite.h>

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace capstan::services {
namespace {

using keyvalue::Observed;

constexpr int clients = 8;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// What the clients did, as the checker reads it.
class History {
 public:
  History() : out_(folder_.path() + "/history.jsonl") {}

  void add(const std::string& fields) {
    const std::lock_guard lock(mutex_);
    out_ << '{' << fields << "}\n";
    ++count_;
  }
  [[nodiscard]] int count() const { return count_; }

  // What the checker says.
  [[nodiscard]] std::string verdict() {
    out_.flush();
    FILE* const pipe = ::popen(
        fmt::format("{} {} 2>&1", LINEARIZABILITY, folder_.path() + "/history.jsonl").c_str(), "r");
    char line[400] = {};
    const std::size_t size = std::fread(line, 1, sizeof line - 1, pipe);
    const int status = ::pclose(pipe);
    return status == 0 ? "linearizable" : std::string(line, size);
  }

 private:
  Folder folder_;
  std::ofstream out_;
  std::mutex mutex_;
  int count_ = 0;
};

bool may_have_happened(const keyvalue::Error& error) {
  return error.message.find("may have been carried out") != std::string::npos;
}

// One client: random operations on a few keys. `restless` ones also meet failures.
class Client {
 public:
  Client(History& history, Bucket bucket, int number)
      : history_(history),
        bucket_(std::move(bucket)),
        number_(number),
        random_(static_cast<std::uint32_t>(number) + 17U) {}

  void do_something() {
    const auto key = random_() % 2;
    switch (random_() % 5) {
      case 0:
        return increment(fmt::format("counter{}", key));
      case 1:
        return set(fmt::format("register{}", key));
      case 2:
        return swap(fmt::format("register{}", key));
      default:
        return get(fmt::format("register{}", key));
    }
  }

 private:
  std::string head(const char* kind, const std::string& key, std::int64_t called) const {
    return fmt::format(R"("client":{},"kind":"{}","key":"{}","call":{},"return":{})", number_, kind,
                       key, called, now_ns());
  }
  std::string fresh() { return fmt::format("{}-{}", number_, ++values_); }
  // Whether the outcome is to be recorded; what certainly did not happen is not.
  template <typename T>
  bool record(const keyvalue::Outcome<T>& outcome, std::string& fields) {
    if (outcome) return true;
    fields += R"(,"unknown":true)";
    return may_have_happened(outcome.error());
  }

  void increment(const std::string& key) {
    const std::int64_t called = now_ns();
    const auto sum = block_on(bucket_->increment(key, 1));
    std::string fields = head("increment", key, called) + R"(,"number":1)";
    if (record(sum, fields)) history_.add(fields + fmt::format(R"(,"sum":{})", sum.value_or(0)));
  }
  void set(const std::string& key) {
    const std::string value = fresh();
    const std::int64_t called = now_ns();
    const auto done = block_on(bucket_->set(key, text(value)));
    std::string fields = head("set", key, called) + fmt::format(R"(,"value":"{}")", value);
    if (record(done, fields)) history_.add(fields);
  }
  std::optional<Observed> get_value(const std::string& key) {
    const std::int64_t called = now_ns();
    auto seen = block_on(bucket_->observe(key));
    if (!seen) return std::nullopt;
    std::string fields = head("get", key, called);
    if (seen->value) fields += fmt::format(R"(,"present":true,"value":"{}")", seen->value->text());
    history_.add(fields);
    return *std::move(seen);
  }
  void get(const std::string& key) { (void)get_value(key); }
  void swap(const std::string& key) {
    const auto seen = get_value(key);
    if (!seen) return;
    const std::string value = fresh();
    const std::int64_t called = now_ns();
    const auto swapped = block_on(bucket_->swap(key, *seen, text(value)));
    std::string fields = head("swap", key, called) + fmt::format(R"(,"value":"{}")", value);
    if (seen->value)
      fields += fmt::format(R"(,"present":true,"expected":"{}")", seen->value->text());
    if (record(swapped, fields))
      history_.add(fields + fmt::format(R"(,"swapped":{})", swapped.value_or(false)));
  }

  History& history_;
  Bucket bucket_;
  int number_;
  std::mt19937 random_;
  int values_ = 0;
};

// Every client works until `over`, and then for `operations` in all at least.
void run(
    History& history, const std::function<Bucket(int)>& bucket_of, int operations,
    const std::function<void()>& meanwhile = [] {}) {
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int number = 0; number < clients; ++number)
    threads.emplace_back([&, number] {
      Client client(history, bucket_of(number), number);
      for (int i = 0; i < operations || !over; ++i) {
        client.do_something();
        // Leaves some room between operations, so that histories do not only overlap.
        if (i % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    });
  meanwhile();
  over = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(Linearizability, TheCheckerFindsALostUpdate) {
  History history;
  for (int client = 0; client < 2; ++client)
    history.add(fmt::format(
        R"("client":{},"kind":"increment","key":"k","number":1,"sum":1,"call":{},"return":{})",
        client, 10 * client, 10 * client + 5));

  EXPECT_NE(history.verdict(), "linearizable");
}

TEST(Linearizability, Memory) {
  const auto store = keyvalue::connect_with(keyvalue::MemoryOptions()).value();
  History history;
  run(history, [&](int) { return block_on(store->open("b")).value(); }, 400);

  EXPECT_EQ(history.verdict(), "linearizable");
}

TEST(Linearizability, SqliteThroughAConnectionForEachClient) {
  const Folder folder;
  keyvalue::SqliteOptions options;
  options.file = folder.path() + "/store.db";
  options.sync = keyvalue::SqliteOptions::Sync::normal;
  History history;
  const auto bucket_of = [&](int) {
    return block_on(keyvalue::connect_with(options).value()->open("b")).value();
  };
  run(history, bucket_of, 200);

  EXPECT_EQ(history.verdict(), "linearizable");
}

TEST(Linearizability, RedisThroughOneStore) {
  const RedisServer server;
  const auto bucket = open_bucket(at(server.port()));
  History history;
  run(history, [&](int) { return bucket; }, 400);

  EXPECT_EQ(history.verdict(), "linearizable");
}

TEST(Linearizability, RedisThroughAStoreForEachClient) {
  const RedisServer server;
  History history;
  run(history, [&](int) { return open_bucket(at(server.port())); }, 400);

  EXPECT_EQ(history.verdict(), "linearizable");
}

// Kills the server now and then while clients go on.
void restart_now_and_then(RedisServer& server) {
  for (int i = 0; i < 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    server.kill();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    server.start();
  }
}

TEST(Linearizability, RedisThroughOneStoreWhileItRestarts) {
  RedisServer server({.durable = true});
  const auto bucket = open_bucket(at(server.port()));
  History history;
  run(history, [&](int) { return bucket; }, 50, [&] { restart_now_and_then(server); });

  EXPECT_EQ(history.verdict(), "linearizable");
}

// Here a set must not be repeated: another client may have written in between.
TEST(Linearizability, RedisThroughAStoreForEachClientWhileItRestarts) {
  RedisServer server({.durable = true});
  redis::Options options = at(server.port());
  options.sets = redis::Options::Sets::once;
  History history;
  run(
      history, [&](int) { return open_bucket(options); }, 50,
      [&] { restart_now_and_then(server); });

  EXPECT_EQ(history.verdict(), "linearizable");
}

}  // namespace
}  // namespace capstan::services
