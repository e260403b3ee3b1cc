// What crash_test.py kills: `write FILE NAME` writes to a SQLite store without end and says what
// was acknowledged; `check FILE NAME` says what is there.
//
// Number n, which a counter gives, is stored under "k" and n % 5, and in two keys at once. A value
// is n and then enough of it again that a torn one would show.
#include <capstan/capability/keyvalue/sqlite.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace capstan;
using keyvalue::Bucket;

constexpr int keys = 5;
constexpr std::size_t value_bytes = 6000;  // more than a page

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T need(Task<keyvalue::Outcome<T>> task) {
  auto outcome = block_on(std::move(task));
  if (!outcome) stop(outcome.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

Bytes value_of(std::int64_t number) {
  const std::string word = std::to_string(number) + " ";
  std::string text;
  while (text.size() < value_bytes) text += word;
  return Bytes::copy_of(text);
}

[[noreturn]] void write(Bucket& bucket) {
  for (;;) {
    const std::int64_t number = need(bucket.increment("count", 1));
    const Bytes value = value_of(number);
    need(bucket.set("k" + std::to_string(number % keys), value));
    std::vector<keyvalue::Entry> both;
    both.emplace_back("a", value);
    both.emplace_back("b", value);
    need(bucket.set_many(both));
    std::printf("%lld\n", static_cast<long long>(number));
    std::fflush(stdout);
  }
}

// The number in a value, 0 when there is none, -1 for one that is torn.
std::int64_t number_in(Bucket& bucket, const std::string& key) {
  const auto value = need(bucket.get(key));
  if (!value) return 0;
  const std::int64_t number = std::atoll(std::string(value->text().substr(0, 20)).c_str());
  return *value == value_of(number) ? number : -1;
}

void check(Bucket& bucket) {
  std::printf("count %lld\n", static_cast<long long>(need(bucket.increment("count", 0))));
  for (const char* key : {"a", "b", "k0", "k1", "k2", "k3", "k4"})
    std::printf("%s %lld\n", key, static_cast<long long>(number_in(bucket, key)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) stop("crash_writer write|check FILE NAME");
  keyvalue::SqliteOptions options;
  options.file = argv[2];
  const auto store = keyvalue::connect_with(options);
  if (!store) stop(store.error().message());
  const auto bucket = need((*store)->open(argv[3]));
  if (std::string_view(argv[1]) == "write") write(*bucket);
  check(*bucket);
}
