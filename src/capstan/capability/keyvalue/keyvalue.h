// Key-value storage, as Capstan sees it: named buckets of byte strings.
//
// What a backend implements and what the dialects of WIT (bind.h) are translated to; it knows
// nothing of WebAssembly. All backends behave alike (conformance_testing.h says how):
//
//   keys       any text up to 64 KiB, the empty one too; bytes in are bytes out
//   counters   8 bytes, a little-endian two's complement number, whichever way they were made
//   pages      of at most 1000 keys in a stable order; a key that exists throughout is listed
//              exactly once
//   swaps      succeed only if the key has what it had when it was observed; one that was absent
//              and is absent again has
//
// Functions give tasks, which are finished at once where nothing is far away: see `suspends`.
// Threads: a Store and its buckets may be used from any number of threads.
#pragma once

#include <capstan/base/bytes.h>
#include <capstan/base/task.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::keyvalue {

inline constexpr std::size_t key_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t page_keys_max = 1000;

enum class ErrorKind : std::uint8_t { no_such_store, access_denied, other };

struct Error {
  ErrorKind kind = ErrorKind::other;
  std::string message;  // for `other`; says whether trying again could help
};

template <typename T>
using Outcome = std::expected<T, Error>;

using Entry = std::pair<std::string, Bytes>;

struct Page {
  std::vector<std::string> keys;
  // Continues after this page; none: there is no more. Only the bucket knows what it means.
  std::optional<std::string> next;
};

// What a key had when somebody looked.
struct Observed {
  std::optional<Bytes> value;
  std::string revision;  // the backend's own; empty: it compares values
};

// One collection of keys and values. Ending it does not remove them. Keys have been checked
// (check_key) by whoever calls.
class Bucket {
 public:
  virtual ~Bucket() = default;

  [[nodiscard]] virtual Task<Outcome<std::optional<Bytes>>> get(std::string key) = 0;
  [[nodiscard]] virtual Task<Outcome<void>> set(std::string key, Bytes value) = 0;
  // Stores the value if there is no such key yet; says whether it did.
  [[nodiscard]] virtual Task<Outcome<bool>> insert(std::string key, Bytes value) = 0;
  // Says whether there was such a key.
  [[nodiscard]] virtual Task<Outcome<bool>> remove(std::string key) = 0;
  [[nodiscard]] virtual Task<Outcome<bool>> exists(std::string key) = 0;
  // The first page, or the one that a page's `next` continues with. A cursor that never was one is
  // an error.
  [[nodiscard]] virtual Task<Outcome<Page>> list(std::optional<std::string> cursor) = 0;
  [[nodiscard]] virtual Task<Outcome<void>> clear() = 0;

  // Adds to a counter, which begins at 0, and gives the sum. A value of another length than 8
  // bytes and a sum beyond 63 bits are errors, and change nothing.
  [[nodiscard]] virtual Task<Outcome<std::int64_t>> increment(std::string key,
                                                              std::int64_t delta) = 0;
  [[nodiscard]] virtual Task<Outcome<Observed>> observe(std::string key) = 0;
  // Stores the value if the key has what was observed; says whether it did.
  [[nodiscard]] virtual Task<Outcome<bool>> swap(std::string key, Observed seen, Bytes value) = 0;

  // In the order of the keys.
  [[nodiscard]] virtual Task<Outcome<std::vector<std::optional<Bytes>>>> get_many(
      std::vector<std::string> keys) = 0;
  // All or nothing; of a key that is there twice the last one counts.
  [[nodiscard]] virtual Task<Outcome<void>> set_many(std::vector<Entry> entries) = 0;
  [[nodiscard]] virtual Task<Outcome<void>> remove_many(std::vector<std::string> keys) = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // The bucket of that name, made when it is not there.
  [[nodiscard]] virtual Task<Outcome<std::shared_ptr<Bucket>>> open(std::string name) = 0;

  // Whether tasks of this store and its buckets can be pending: then guests need stacks of their
  // own, and their calls cost more.
  [[nodiscard]] virtual bool suspends() const = 0;
};

// Refuses keys that are too long.
[[nodiscard]] Outcome<void> check_key(std::string_view key);

}  // namespace capstan::keyvalue
