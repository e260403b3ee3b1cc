// The Redis backend when the network and the server misbehave.
#include "gate.h"
#include "redis_testing.h"

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

namespace capstan::services {
namespace {

using std::chrono::milliseconds;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

redis::Options through(const Gate& gate, int timeout_ms = 1000) {
  redis::Options options = at(gate.port());
  options.timeout = milliseconds(timeout_ms);
  return options;
}

TEST(RedisChaos, AServerThatIsNotThereIsNamedAfterAFewTries) {
  redis::Options options = at(free_port());
  options.max_delay = milliseconds(20);
  const std::string where = "redis at 127.0.0.1:" + std::to_string(options.port);
  const auto bucket = open_bucket(options);

  EXPECT_EQ(error_of(bucket->get("key")),
            where +
                " cannot be reached: connection refused (tried 4 times): look at the address and "
                "whether the server runs; trying again may help");
}

TEST(RedisChaos, OpeningEagerlyFailsWithTheReason) {
  redis::Options options = at(free_port());
  options.max_retries = 0;
  options.connect = redis::Options::Connect::eager;

  EXPECT_EQ(redis::connect_with(options).error().message(),
            "redis at 127.0.0.1:" + std::to_string(options.port) +
                " cannot be reached: connection refused (tried 1 time): look at the address and "
                "whether the server runs");
}

TEST(RedisChaos, AHostThatDoesNotExistIsNamed) {
  redis::Options options;
  options.host = "no-such-host.invalid";
  options.max_retries = 0;
  const auto bucket = open_bucket(options);

  EXPECT_NE(
      error_of(bucket->get("key")).find("the name 'no-such-host.invalid' cannot be looked up"),
      std::string::npos);
}

TEST(RedisChaos, ReadsAndSetsSurviveACut) {
  const RedisServer server;
  Gate gate(server.port());
  const auto bucket = open_bucket(through(gate));
  ASSERT_EQ(error_of(bucket->set("key", text("1"))), "");

  gate.cut();
  EXPECT_EQ(got(bucket, "key"), "1");
  gate.reset();
  EXPECT_EQ(error_of(bucket->set("key", text("2"))), "");
  EXPECT_EQ(got(bucket, "key"), "2");
}

TEST(RedisChaos, AnIncrementThatMayHaveHappenedIsNotRepeated) {
  const RedisServer server;
  Gate gate(server.port());
  const auto bucket = open_bucket(through(gate));
  ASSERT_EQ(block_on(bucket->increment("n", 1)).value(), 1);

  gate.set({.cut_before_answer = true});
  auto lost = bucket->increment("n", 1);
  (void)lost.poll(Waker());
  const std::string said = error_of(std::move(lost));
  gate.set({});

  EXPECT_EQ(said, "the connection to redis at 127.0.0.1:" + std::to_string(gate.port()) +
                      " broke: server closed the connection; the command may have been carried "
                      "out; trying again may help");
  EXPECT_EQ(block_on(bucket->increment("n", 0)).value(), 2);
}

TEST(RedisChaos, ACommandThatWasCutInTheMiddleNeverHappened) {
  const RedisServer server;
  Gate gate(server.port());
  const auto bucket = open_bucket(through(gate));
  ASSERT_EQ(block_on(bucket->increment("n", 1)).value(), 1);

  gate.set({.cut_after_bytes = 20});
  const auto sum = block_on(bucket->increment("n", 1));
  gate.set({});

  // All of it had left this host, so that nobody here knows; but it is never counted twice.
  const auto now = block_on(bucket->increment("n", 0)).value();
  EXPECT_EQ(now, sum ? 2 : 1);
}

TEST(RedisChaos, ASetThatMayHaveHappenedIsRepeatedUnlessThatIsNotWanted) {
  const RedisServer server;
  Gate gate(server.port());
  redis::Options once = through(gate, 400);
  once.sets = redis::Options::Sets::once;
  const auto repeating = open_bucket(through(gate, 2000));
  const auto bucket = open_bucket(once);
  ASSERT_EQ(got(bucket, "key"), "(none)");
  ASSERT_EQ(got(repeating, "key"), "(none)");

  gate.set({.cut_before_answer = true});
  EXPECT_NE(error_of(bucket->set("key", text("once"))).find("may have been carried out"),
            std::string::npos);
  std::thread mends([&] {
    std::this_thread::sleep_for(milliseconds(50));
    gate.set({});
  });
  EXPECT_EQ(error_of(repeating->set("key", text("again"))), "");
  mends.join();
  EXPECT_EQ(server.cli({"GET", "bucket:key"}), "again");
}

TEST(RedisChaos, AServerThatDoesNotAnswerIsGivenUpWithinTheDeadline) {
  const RedisServer server;
  Gate gate(server.port());
  const auto bucket = open_bucket(through(gate, 300));
  ASSERT_EQ(got(bucket, "key"), "(none)");

  gate.set({.half_open = true});
  const Stopwatch watch;
  const std::string said = error_of(bucket->set("key", text("1")));

  EXPECT_LT(watch.elapsed(), milliseconds(600));
  EXPECT_EQ(said, "redis at 127.0.0.1:" + std::to_string(gate.port()) +
                      " did not answer within 300 ms; the command may have been carried out; "
                      "trying again may help");
  // A new connection is opened once the old one is known to be dead.
  gate.set({});
  EXPECT_EQ(error_of(bucket->set("key", text("2"))), "");
  EXPECT_EQ(got(bucket, "key"), "2");
}

TEST(RedisChaos, AServerThatStopsWorkingForAWhileIsUsedAgain) {
  const RedisServer server;
  const auto bucket = open_bucket([&] {
    redis::Options options = at(server.port());
    options.timeout = milliseconds(200);
    return options;
  }());
  ASSERT_EQ(got(bucket, "key"), "(none)");

  server.freeze();
  const Stopwatch watch;
  for (int i = 0; i < 3; ++i) EXPECT_NE(error_of(bucket->get("key")), "");
  EXPECT_LT(watch.elapsed(), milliseconds(3 * 350));
  server.thaw();

  const Stopwatch since;
  while (error_of(bucket->get("key")) != "") ASSERT_LT(since.elapsed(), milliseconds(2000));
}

TEST(RedisChaos, SlowAnswersAreWaitedFor) {
  const RedisServer server;
  Gate gate(server.port());
  const auto bucket = open_bucket(through(gate, 5000));
  ASSERT_EQ(error_of(bucket->set("large", text(std::string(100'000, 'x')))), "");

  gate.set({.delay_ms = 100, .bytes_per_second = 500'000});
  const Stopwatch watch;
  const std::string value = got(bucket, "large");

  EXPECT_EQ(value.size(), 100'000U);
  EXPECT_GE(watch.elapsed(), milliseconds(250));
}

TEST(RedisChaos, MoreThanTheLimitWaitForTheirTurnOrAreTold) {
  const RedisServer server;
  Gate gate(server.port());
  redis::Options options = through(gate, 300);
  options.in_flight = 2;
  const auto bucket = open_bucket(options);
  ASSERT_EQ(got(bucket, "key"), "(none)");

  gate.set({.half_open = true});
  std::vector<Task<keyvalue::Outcome<std::optional<Bytes>>>> asked;
  for (int i = 0; i < 6; ++i) {
    asked.push_back(bucket->get("key"));
    (void)asked.back().poll(Waker());
  }
  int late = 0;
  int busy = 0;
  for (auto& task : asked) {
    const std::string said = error_of(std::move(task));
    late += said.find("did not answer within 300 ms") != std::string::npos ? 1 : 0;
    busy += said.starts_with("2 commands are under way, and none ended within 300 ms") ? 1 : 0;
  }

  EXPECT_EQ(late, 2);
  EXPECT_EQ(busy, 4);
  gate.set({});
  const Stopwatch since;
  while (error_of(bucket->get("key")) != "") ASSERT_LT(since.elapsed(), milliseconds(2000));
}

TEST(RedisChaos, ARestartUnderLoadCostsErrorsAtMostAndNoTime) {
  RedisServer server({.durable = true});
  redis::Options options = at(server.port());
  options.timeout = milliseconds(1000);
  const auto bucket = open_bucket(options);
  std::atomic<bool> over = false;
  std::atomic<std::int64_t> slowest_ms = 0;
  std::atomic<int> acknowledged = 0;
  std::atomic<int> unknown = 0;
  std::vector<std::thread> guests;
  for (int t = 0; t < 8; ++t)
    guests.emplace_back([&] {
      while (!over) {
        const Stopwatch watch;
        const auto sum = block_on(bucket->increment("n", 1));
        std::int64_t slowest = slowest_ms;
        while (slowest < watch.elapsed().count() &&
               !slowest_ms.compare_exchange_weak(slowest, watch.elapsed().count())) {
        }
        if (sum) {
          ++acknowledged;
        } else if (sum.error().message.find("may have been carried out") != std::string::npos) {
          ++unknown;
        }
      }
    });
  std::this_thread::sleep_for(milliseconds(200));
  server.kill();
  std::this_thread::sleep_for(milliseconds(300));
  server.start();
  const int before = acknowledged;
  const Stopwatch since;
  while (acknowledged == before) ASSERT_LT(since.elapsed(), milliseconds(2000));
  over = true;
  for (std::thread& guest : guests) guest.join();

  EXPECT_LE(slowest_ms, 1500);
  const auto counted = block_on(bucket->increment("n", 0)).value();
  EXPECT_GE(counted, acknowledged);
  EXPECT_LE(counted, acknowledged + unknown);
}

TEST(RedisChaos, AHundredFlapsLeaveNothingOpen) {
  const RedisServer server;
  Gate gate(server.port());
  const auto bucket = open_bucket(through(gate, 2000));
  ASSERT_EQ(got(bucket, "key"), "(none)");
  const std::size_t before = open_descriptors();

  for (int i = 0; i < 100; ++i) {
    if (i % 2 == 0)
      gate.cut();
    else
      gate.reset();
    ASSERT_EQ(got(bucket, "key"), "(none)");
  }

  EXPECT_LE(open_descriptors(), before + 2);
  EXPECT_EQ(gate.connections(), 101U);
}

TEST(RedisChaos, RefusedConnectionsAreTriedAgain) {
  const RedisServer server;
  Gate gate(server.port());
  const auto bucket = open_bucket(through(gate, 3000));
  ASSERT_EQ(got(bucket, "key"), "(none)");

  gate.set({.refuse = true});
  gate.cut();
  std::thread mends([&] {
    std::this_thread::sleep_for(milliseconds(150));
    gate.set({});
  });
  EXPECT_EQ(got(bucket, "key"), "(none)");
  mends.join();
}

TEST(RedisChaos, EndingAStoreEndsWhatWaits) {
  const RedisServer server;
  Gate gate(server.port());
  gate.set({.half_open = true});
  auto store = redis::connect_with(through(gate, 60'000)).value();
  auto bucket = block_on(store->open("bucket")).value();
  {
    auto waiting = bucket->get("key");
    (void)waiting.poll(Waker());
  }
  const Stopwatch watch;
  bucket.reset();
  store.reset();

  EXPECT_LT(watch.elapsed(), milliseconds(1000));
}

}  // namespace
}  // namespace capstan::services
