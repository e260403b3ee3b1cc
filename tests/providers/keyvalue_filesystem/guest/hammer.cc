// Changes a bucket as fast as it can, and says after each change that it was acknowledged.
//
//   hammer count BUCKET N        adds 1 to "n", N times
//   hammer write BUCKET FIRST    sets "key-0" ... "key-9" in turn, with values that show when they
//                                are torn, and counts in "n"; until it is killed
//
// What it prints: "set NUMBER" and "count SUM".
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "hammer_cpp.h"

namespace store = wasi::keyvalue::store;
namespace atomics = wasi::keyvalue::atomics;

namespace {

template <typename T>
T must(std::expected<T, store::Error> outcome) {
  if (!outcome) {
    const auto* other = std::get_if<store::Error::Other>(&outcome.error().variants);
    std::printf("failed: %s\n", other == nullptr ? "denied" : other->value.to_string().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

void say(const char* what, long long number) {
  std::printf("%s %lld\n", what, number);
  std::fflush(stdout);
}

// The number in 12 digits and a semicolon, again and again: half of one value and half of another
// cannot be taken for a whole one.
std::string value_of(long long number) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%012lld;", number);
  std::string value;
  for (long long i = 0; i <= number % 400; ++i) value.append(text, static_cast<std::size_t>(size));
  return value;
}

void count(const store::Bucket& bucket, long long times) {
  long long sum = 0;
  for (long long i = 0; i < times; ++i) sum = must(atomics::Increment(bucket, "n", 1));
  say("count", sum);
}

void write(const store::Bucket& bucket, long long first) {
  for (long long number = first;; ++number) {
    const std::string value = value_of(number);
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
    must(bucket.Set("key-" + std::to_string(number % 10), bytes));
    say("set", number);
    say("count", must(atomics::Increment(bucket, "n", 1)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string_view command = argv[1];
  const auto bucket = must(store::Open(argv[2]));
  const long long number = std::atoll(argv[3]);
  if (command == "count") count(bucket, number);
  if (command == "write") write(bucket, number);
  return 0;
}
