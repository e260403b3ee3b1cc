// What a vault file is locked with: 32 random bytes, or a passphrase.
//
// Which of the two it is, whoever configures it says: nothing is guessed. Both lie in memory of
// their own that is neither swapped out nor dumped, as far as the system allows, and is overwritten
// when it ends. Threads: immutable once made; used from any thread.
#pragma once

#include <capstan/base/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace capstan::vault {

inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t passphrase_bytes_max = 4096;

// Memory for a secret; see above.
class GuardedBytes {
 public:
  // Zeroes; nothing if the system has no memory for it.
  [[nodiscard]] static Result<GuardedBytes> make(std::size_t size);

  [[nodiscard]] std::uint8_t* data() { return bytes_.get(); }
  [[nodiscard]] const std::uint8_t* data() const { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::uint8_t* bytes) const;
  };
  std::unique_ptr<std::uint8_t, Free> bytes_;
  std::size_t size_ = 0;
};

enum class KeyKind : std::uint8_t { raw = 0, passphrase = 1 };

class Key {
 public:
  // 32 bytes, written as 64 hexadecimal digits or as base64 of either alphabet.
  [[nodiscard]] static Result<std::shared_ptr<const Key>> parse(std::string_view text);
  [[nodiscard]] static Result<std::shared_ptr<const Key>> from_passphrase(std::string_view text);
  // From a variable of the environment. Errors name the variable and never its value.
  [[nodiscard]] static Result<std::shared_ptr<const Key>> from_environment(std::string_view name,
                                                                           KeyKind kind);

  Key(KeyKind kind, GuardedBytes bytes) : kind_(kind), bytes_(std::move(bytes)) {}
  [[nodiscard]] KeyKind kind() const { return kind_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const {
    return {bytes_.data(), bytes_.size()};
  }

 private:
  KeyKind kind_;
  GuardedBytes bytes_;
};

}  // namespace capstan::vault
