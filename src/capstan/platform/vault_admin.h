// What an operator does with a vault file: `capstan vault`. Threads: one at a time.
#pragma once

#include <capstan/base/bytes.h>
#include <capstan/base/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::vault {
class VaultFile;
}

namespace capstan::platform {

struct VaultAddress {
  std::string path;
  // Variables of the environment; both empty: the key is in CAPSTAN_VAULT_KEY.
  std::string key_variable = {};
  std::string passphrase_variable = {};
};

enum class MissingVault : std::uint8_t { refused, made_when_needed };

// Errors name the vault, and never a secret.
class VaultAdmin {
 public:
  [[nodiscard]] static Result<VaultAdmin> open(const VaultAddress& address, MissingVault missing);

  [[nodiscard]] Result<std::optional<Bytes>> get(std::string_view locker, std::string_view id);
  [[nodiscard]] Result<void> set(std::string_view locker, std::string_view id, Bytes secret);
  // Says whether there was one.
  [[nodiscard]] Result<bool> remove(std::string_view locker, std::string_view id);
  // Lockers with their secrets' ids, sorted; of one locker, or of all.
  using Listing = std::vector<std::pair<std::string, std::vector<std::string>>>;
  [[nodiscard]] Result<Listing> list(const std::optional<std::string>& locker);

 private:
  VaultAdmin(std::shared_ptr<vault::VaultFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  std::shared_ptr<vault::VaultFile> file_;
  std::string path_;
};

// The name that the backend has for a locker of an application (capability/names.h); without an
// application it is the locker's own.
[[nodiscard]] std::string locker_of(std::string_view application, std::string_view locker);

// All of a file, or of standard input when `path` is empty; no copy of it stays behind. What is
// larger than a secret may be is an error. On a terminal one line is read, which is not shown.
[[nodiscard]] Result<Bytes> read_secret(const std::string& path);
// Leaves out one end of a line at the end.
[[nodiscard]] Bytes without_line_end(const Bytes& secret);
// As it is, without a copy that would stay in a buffer.
[[nodiscard]] Result<void> write_secret(int descriptor, const Bytes& secret);

}  // namespace capstan::platform
