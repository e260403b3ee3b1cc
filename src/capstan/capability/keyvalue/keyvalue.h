// Key-value storage, as Capstan sees it: named buckets of byte strings.
//
// What a backend implements and what the dialects of WIT (bind.h) are translated to; it knows
// nothing of WebAssembly. Threads: a Store and its buckets may be used from any number of threads.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::keyvalue {

enum class ErrorKind : std::uint8_t { no_such_store, access_denied, other };

struct Error {
  ErrorKind kind = ErrorKind::other;
  std::string message;
};

template <typename T>
using Outcome = std::expected<T, Error>;

// One collection of keys and values. Ending it does not remove them.
class Bucket {
 public:
  virtual ~Bucket() = default;

  [[nodiscard]] virtual Outcome<std::optional<std::string>> get(std::string_view key) = 0;
  [[nodiscard]] virtual Outcome<void> set(std::string_view key, std::string_view value) = 0;
  // Stores the value if there is no such key yet; says whether it did.
  [[nodiscard]] virtual Outcome<bool> insert(std::string_view key, std::string_view value) = 0;
  // Says whether there was such a key.
  [[nodiscard]] virtual Outcome<bool> remove(std::string_view key) = 0;
  [[nodiscard]] virtual Outcome<bool> exists(std::string_view key) = 0;
  // All keys, sorted.
  [[nodiscard]] virtual Outcome<std::vector<std::string>> keys() = 0;
  [[nodiscard]] virtual Outcome<void> clear() = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // The bucket of that name, made when it is not there.
  [[nodiscard]] virtual Outcome<std::shared_ptr<Bucket>> open(std::string_view name) = 0;
};

}  // namespace capstan::keyvalue
