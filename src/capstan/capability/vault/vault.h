// Secrets, as Capstan sees them: lockers of byte strings.
//
// What a backend implements and what the dialects of WIT (bind.h) are translated to; it knows
// nothing of WebAssembly. All backends behave alike (conformance_testing.h says how):
//
//   lockers  any text of 1 to 1024 bytes; one that nobody has used is empty
//   ids      any text of 1 to 1024 bytes, listed in the order of their bytes
//   secrets  at most 1 MiB; bytes in are bytes out, and none at all is a secret too
//   errors   never contain a secret, and an error changes nothing
//
// Secrets travel as Bytes that are overwritten when their last holder ends. Where one is copied on
// its way, the copy is overwritten as well. Nothing writes them to a log.
//
// Functions give tasks, which are finished at once where nothing is far away: see `suspends`.
// Threads: a Store and its lockers may be used from any number of threads.
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
#include <vector>

namespace capstan::vault {

inline constexpr std::size_t name_bytes_max = 1024;  // of lockers and ids
inline constexpr std::size_t secret_bytes_max = std::size_t{1} << 20;

enum class ErrorKind : std::uint8_t { no_such_store, access_denied, other };

struct Error {
  ErrorKind kind = ErrorKind::other;
  std::string message;  // for `other`
};

template <typename T>
using Outcome = std::expected<T, Error>;

// One collection of secrets. Ending it does not remove them.
class Locker {
 public:
  virtual ~Locker() = default;

  [[nodiscard]] virtual Task<Outcome<std::optional<Bytes>>> get(std::string id) = 0;
  [[nodiscard]] virtual Task<Outcome<void>> set(std::string id, Bytes secret) = 0;
  // Says whether there was such a secret.
  [[nodiscard]] virtual Task<Outcome<bool>> remove(std::string id) = 0;
  [[nodiscard]] virtual Task<Outcome<bool>> exists(std::string id) = 0;
  // Sorted.
  [[nodiscard]] virtual Task<Outcome<std::vector<std::string>>> list() = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  [[nodiscard]] virtual Task<Outcome<std::shared_ptr<Locker>>> open(std::string locker) = 0;

  // Whether tasks of this store and its lockers can be pending: then guests need stacks of their
  // own, and their calls cost more.
  [[nodiscard]] virtual bool suspends() const = 0;
};

// Refuses names of lockers and ids that are empty or too long, and secrets that are too large.
// Backends ask them first.
[[nodiscard]] Outcome<void> check_locker(std::string_view locker);
[[nodiscard]] Outcome<void> check_id(std::string_view id);
[[nodiscard]] Outcome<void> check_secret(const Bytes& secret);

}  // namespace capstan::vault
