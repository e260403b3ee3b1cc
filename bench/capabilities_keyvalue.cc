// Key-value storage in memory: the same component in `capstan run` and in `wasmtime run`, and the
// store itself from one thread and from two.
#include "capabilities.h"

#include <capstan/capability/keyvalue/memory.h>

#include <fmt/format.h>

#include <time.h>
#include <cstdlib>
#include <thread>

namespace capstan::bench {
namespace {

// Thousands of operations a second.
double rate(std::vector<std::string> command, const char* operation, std::size_t bytes, int count) {
  for (const std::string& word :
       {std::string(operation), std::to_string(bytes), std::to_string(count)})
    command.push_back(word);
  return count * 1e6 / std::stod(output_of(command));
}

Row compare(std::string name, const char* operation, std::size_t bytes, int count, int rounds) {
  const char* wasmtime = std::getenv("CAPSTAN_WASMTIME");
  if (wasmtime == nullptr)
    stop(
        "CAPSTAN_WASMTIME must name a wasmtime program to compare with: see ./dev bench "
        "capabilities");
  const std::vector<std::string> ours = {CAPSTAN_COMMAND, "run", KEYVALUE_COMPONENT, "--"};
  const std::vector<std::string> peer = {
      wasmtime, "run", "-C", "cache=y", "-S", "keyvalue", KEYVALUE_COMPONENT};
  std::vector<double> our_rates, peer_rates, ratios;
  for (int round = -2; round < rounds; ++round) {
    const double a = rate(ours, operation, bytes, count);
    const double b = rate(peer, operation, bytes, count);
    if (round < 0) continue;  // the first fill the caches
    our_rates.push_back(a);
    peer_rates.push_back(b);
    ratios.push_back(a / b);
  }
  return {.name = std::move(name),
          .value = median(our_rates),
          .unit = "kop/s",
          .baseline = "wasmtime",
          .baseline_value = median(peer_rates),
          .ratio = median(ratios),
          .goal = 2.0,
          .better = Better::higher};
}

// ------------------------------------------------------------------------------ the store itself

constexpr int native_count = 2'000'000;
constexpr int native_keys = 1024;

// Nanoseconds that this thread has run: a machine with other work to do gives threads turns.
double thread_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

enum class Keys : std::uint8_t { different, the_same };

// Nanoseconds for each get of one of `threads`.
double native_get(keyvalue::Store& store, int threads, Keys which) {
  const auto bucket = block_on(store.open("bench")).value();
  std::vector<std::string> keys;
  for (int i = 0; i < native_keys; ++i) keys.push_back(fmt::format("key number {}", i));
  std::vector<std::thread> running;
  std::vector<double> times(static_cast<std::size_t>(threads));
  for (int thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] {
      const double begin = thread_time();
      std::size_t bytes = 0;
      for (int i = 0; i < native_count; ++i) {
        const int key = which == Keys::the_same ? 0 : (i * 7 + thread * 401) % native_keys;
        auto getting = bucket->get(keys[static_cast<std::size_t>(key)]);
        bytes += getting.take().value()->size();
      }
      if (bytes != std::size_t{100} * native_count) stop("a value has another size");
      times[static_cast<std::size_t>(thread)] = (thread_time() - begin) / native_count;
    });
  }
  for (std::thread& thread : running) thread.join();
  return median(times);
}

Row native(std::string name, keyvalue::Store& store, Keys which, int rounds) {
  std::vector<double> one, two, ratios;
  for (int round = 0; round < rounds; ++round) {
    const double a = native_get(store, 2, which);
    const double b = native_get(store, 1, which);
    two.push_back(a);
    one.push_back(b);
    ratios.push_back(a / b);
  }
  return {.name = std::move(name),
          .value = median(two),
          .unit = "ns",
          .baseline = "one thread",
          .baseline_value = median(one),
          .ratio = median(ratios),
          .goal = 1.25,
          .better = Better::lower};
}

std::shared_ptr<keyvalue::Store> filled() {
  auto store = keyvalue::connect_with(keyvalue::MemoryOptions()).value();
  const auto bucket = block_on(store->open("bench")).value();
  const Bytes value = std::vector<std::uint8_t>(100, 'x');
  for (int i = 0; i < native_keys; ++i)
    block_on(bucket->set(fmt::format("key number {}", i), value)).value();
  return store;
}

}  // namespace

std::vector<Row> measure_keyvalue(int rounds) {
  constexpr std::size_t large = std::size_t{64} << 10;
  const auto store = filled();
  return {
      compare("keyvalue-get-100B", "get", 100, 500'000, rounds),
      compare("keyvalue-set-100B", "set", 100, 500'000, rounds),
      compare("keyvalue-get-64KiB", "get", large, 30'000, rounds),
      compare("keyvalue-set-64KiB", "set", large, 30'000, rounds),
      native("keyvalue-native-get-2-threads", *store, Keys::different, rounds),
      native("keyvalue-native-get-one-key", *store, Keys::the_same, rounds),
  };
}

}  // namespace capstan::bench
