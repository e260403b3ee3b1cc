// What is in a vault: the secrets of all lockers, within limits. The part that the embedded
// backends have in common.
//
// Threads: whoever owns it guards it.
#pragma once

#include <capstan/capability/vault/vault.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::vault {

// A guest that stores more gets an error: it must not be able to exhaust the host.
struct Limits {
  std::uint64_t secrets_max = 10'000;
  std::uint64_t bytes_max = std::uint64_t{16} << 20;  // of names and secrets, with their overhead
};

class Contents {
 public:
  explicit Contents(const Limits& limits) : limits_(limits) {}

  [[nodiscard]] std::optional<Bytes> get(std::string_view locker, std::string_view id) const;
  // Marks the secret to be overwritten when it ends.
  Outcome<void> set(std::string_view locker, std::string_view id, Bytes secret);
  // The same without limits: what was stored before must be readable when they were lowered.
  void load(std::string_view locker, std::string_view id, Bytes secret);
  bool remove(std::string_view locker, std::string_view id);
  [[nodiscard]] bool exists(std::string_view locker, std::string_view id) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view locker) const;

  // All of them, sorted by locker and id.
  using Secrets = std::map<std::string, Bytes, std::less<>>;
  using Lockers = std::map<std::string, Secrets, std::less<>>;
  [[nodiscard]] const Lockers& lockers() const { return lockers_; }  // none of them is empty
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  [[nodiscard]] const Bytes* find(std::string_view locker, std::string_view id) const;

  Limits limits_;
  Lockers lockers_;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace capstan::vault
