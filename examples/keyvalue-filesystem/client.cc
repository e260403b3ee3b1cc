// Everything a component does with buckets: keys, pages, many keys at once, counters and swaps.
//
//   client BUCKET
#include <cstdint>
#include <cstdio>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "client_cpp.h"

namespace store = wasi::keyvalue::store;
namespace atomics = wasi::keyvalue::atomics;
namespace batch = wasi::keyvalue::batch;

namespace {

using Bytes = std::span<const std::uint8_t>;

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string text(const wit::vector<std::uint8_t>& value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

std::string reason(const store::Error& error) {
  if (const auto* other = std::get_if<store::Error::Other>(&error.variants))
    return other->value.to_string();
  return std::holds_alternative<store::Error::NoSuchStore>(error.variants) ? "no such store"
                                                                           : "access denied";
}

// The value of an operation that succeeded; the end of the program otherwise.
template <typename T>
T must(const char* doing, std::expected<T, store::Error> outcome) {
  if (!outcome) {
    std::printf("%s: %s\n", doing, reason(outcome.error()).c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

void one_key(const store::Bucket& bucket) {
  must("set", bucket.Set("user:123", bytes("John Doe")));
  if (const auto value = must("get", bucket.Get("user:123")))
    std::printf("user:123 is %s\n", text(*value).c_str());
  std::printf("it exists: %s\n", must("exists", bucket.Exists("user:123")) ? "yes" : "no");
  must("delete", bucket.Delete("user:123"));
  std::printf("and now: %s\n", must("exists", bucket.Exists("user:123")) ? "yes" : "no");
}

void many_keys(const store::Bucket& bucket) {
  const std::tuple<std::string_view, Bytes> entries[] = {
      {"user:1", bytes("Alice")}, {"user:2", bytes("Bob")}, {"user:3", bytes("Charlie")}};
  must("set many", batch::SetMany(bucket, entries));

  const std::string_view keys[] = {"user:1", "user:2", "user:999"};
  const auto found = must("get many", batch::GetMany(bucket, keys));
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (const auto& one = found[i])
      std::printf("%s is %s\n", std::get<0>(*one).to_string().c_str(),
                  text(std::get<1>(*one)).c_str());
    else
      std::printf("%s is not there\n", std::string(keys[i]).c_str());
  }
}

void all_keys(const store::Bucket& bucket) {
  std::set<std::string> keys;
  std::optional<std::string> cursor;
  do {
    const auto page = must("list", bucket.ListKeys(cursor));
    for (const wit::string& key : page.keys.get_view()) keys.insert(key.to_string());
    cursor.reset();
    if (page.cursor) cursor = page.cursor->to_string();
  } while (cursor);
  for (const std::string& key : keys) std::printf("key: %s\n", key.c_str());
}

void counting(const store::Bucket& bucket) {
  std::printf("views: %lld\n",
              static_cast<long long>(must("increment", atomics::Increment(bucket, "views", 1))));
  std::printf("views: %lld\n",
              static_cast<long long>(must("increment", atomics::Increment(bucket, "views", 100))));
}

void swapping(const store::Bucket& bucket) {
  auto look = must("look", atomics::Cas::New(bucket, "user:1"));
  must("set", bucket.Set("user:1", bytes("Alma")));
  const auto swapped = atomics::Swap(std::move(look), bytes("Anna"));
  std::printf("swapped behind somebody's back: %s\n", swapped ? "yes" : "no");
}

}  // namespace

int main(int argc, char** argv) {
  const auto bucket = must("open", store::Open(argc > 1 ? argv[1] : "my-bucket"));
  one_key(bucket);
  many_keys(bucket);
  all_keys(bucket);
  counting(bucket);
  swapping(bucket);
  must("delete many", batch::DeleteMany(bucket, std::vector<std::string_view>{"user:1", "user:2"}));
  all_keys(bucket);
  return 0;
}
