// Reading from Redis: 64 components that each wait for one value of 100 bytes at a time, all on one
// thread, against redis-benchmark with its 64 connections and 16 commands in each.
//
// Both ask the same server for the same key, in turn, so that a change of the machine's speed meets
// both.
#include "capabilities.h"
#include "redis_server.h"

#include <capstan/backend/redis/redis.h>
#include <capstan/base/task.h>
#include <capstan/capability/keyvalue/bind.h>
#include <capstan/host/engine.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>
#include <gets.h>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace capstan::bench {
namespace {

using Guest = wit::bench::gets::Gets;
using Ran = Result<std::expected<std::uint64_t, std::string>>;

constexpr std::size_t guests = 64;
constexpr std::uint32_t gets_per_guest = 4000;
constexpr std::size_t value_bytes = 100;
// redis-benchmark asks for this key: of the bucket "key".
constexpr const char* bucket = "key";
constexpr const char* key = "__rand_int__";

template <typename T>
T must(Result<T> result) {
  if (!result) stop(result.error().message());
  return *std::move(result);
}

// Polls many tasks on one thread, each when it was woken.
class Loop {
 public:
  explicit Loop(std::vector<Task<Ran>> tasks) : tasks_(std::move(tasks)), woken_(tasks_.size()) {
    for (std::size_t i = 0; i < tasks_.size(); ++i) wakers_.emplace_back([this, i] { wake(i); });
  }

  void run() {
    std::vector<std::size_t> turn;
    for (std::size_t i = 0; i < tasks_.size(); ++i) turn.push_back(i);
    for (std::size_t left = tasks_.size(); left > 0; turn = next()) {
      for (const std::size_t i : turn) {
        woken_[i].store(false, std::memory_order_release);
        if (tasks_[i].done() || !tasks_[i].poll(wakers_[i])) continue;
        const Ran ran = tasks_[i].take();
        if (!ran) stop(ran.error().message());
        if (!*ran) stop(ran->error());
        if (**ran != gets_per_guest * value_bytes) stop("a value had another length");
        --left;
      }
      if (left == 0) return;
    }
  }

 private:
  void wake(std::size_t i) {
    if (woken_[i].exchange(true, std::memory_order_acq_rel)) return;
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = ready_.empty();
      ready_.push_back(i);
    }
    if (first) changed_.notify_one();
  }
  std::vector<std::size_t> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty(); });
    return std::exchange(ready_, {});
  }

  std::vector<Task<Ran>> tasks_;
  std::vector<std::atomic<bool>> woken_;
  std::vector<capstan::Waker> wakers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> ready_;
};

// Gets in a second, by components.
double ours(const auto& prepared) {
  std::vector<std::unique_ptr<capstan::Store<>>> stores;
  std::vector<Task<Ran>> tasks;
  std::vector<Guest> instances;
  for (std::size_t i = 0; i < guests; ++i) {
    stores.push_back(std::make_unique<capstan::Store<>>());
    instances.push_back(must(Guest::instantiate(*stores.back(), prepared)));
  }
  for (Guest& guest : instances) tasks.push_back(guest.run_async(bucket, key, gets_per_guest));
  Loop loop(std::move(tasks));
  const auto begin = std::chrono::steady_clock::now();
  loop.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return guests * gets_per_guest / took.count();
}

// The same by redis-benchmark.
double peer(std::uint16_t port) {
  const std::string text =
      output_of({"redis-benchmark", "-h", "127.0.0.1", "-p", std::to_string(port), "-P", "16", "-c",
                 "64", "-t", "get", "-n", "500000", "--csv"});
  const auto at = text.find("\"GET\",\"");
  if (at == std::string::npos) stop("redis-benchmark says: " + text);
  return std::strtod(text.c_str() + at + 7, nullptr);
}

}  // namespace

std::vector<Row> measure_redis(int rounds) {
  const services::RedisServer server;
  redis::Options options;
  options.host = "127.0.0.1";
  options.port = server.port();
  const auto store = must(capstan::redis::connect_with(options));
  const auto opened = capstan::block_on(store->open(bucket)).value();
  const std::string value(value_bytes, 'x');
  if (!capstan::block_on(opened->set(key, capstan::Bytes::copy_of(value))))
    stop("the value cannot be set");

  auto engine = must(capstan::Engine::create());
  const auto component = must(engine.load_file(GETS_COMPONENT));
  capstan::Linker<> linker(engine);
  if (const auto bound = capstan::keyvalue::bind(linker, store); !bound)
    stop(bound.error().message());
  const auto prepared = must(linker.prepare(component));

  std::vector<double> our_speeds, peer_speeds, ratios;
  for (int round = 0; round <= rounds; ++round) {
    const double mine = ours(prepared);
    const double other = peer(server.port());
    if (round == 0) continue;  // fills caches
    our_speeds.push_back(mine);
    peer_speeds.push_back(other);
    ratios.push_back(mine / other);
  }
  return {{.name = "redis-get-64-in-flight",
           .value = median(our_speeds),
           .unit = "gets/s",
           .baseline = "redis-benchmark -P 16 -c 64",
           .baseline_value = median(peer_speeds),
           .ratio = median(ratios),
           .goal = 0.5,
           .better = Better::higher}};
}

}  // namespace capstan::bench
