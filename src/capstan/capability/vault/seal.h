// The format of vault files: a header anybody can read, and contents nobody can without the key.
//
//   bytes 0  "CAPVAULT"                      32  salt (16)
//         8  version, u32                    48  whether a key fits: a keyed hash of bytes 0..48
//         (16)
//        12  kind of key, u8; 3 zero bytes   64  nonce (24)
//        16  argon2id: operations, u64       88  length of what follows the header, u64
//        24  argon2id: bytes of memory, u64  96  hash of bytes 0..96 (16)
//
//   bytes 112..  XChaCha20-Poly1305 of the contents, which covers the header too
//
// Numbers are little-endian. The encryption key and the one of the hash at 48 are derived from the
// raw key, or from what argon2id makes of passphrase and salt. The hash at 96 has no key: it tells
// damage from a wrong key, and protects nothing. Every write has a nonce of its own.
//
// Errors are predicates, "is damaged: ...": who names the file puts "the vault 'x' " in front.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/vault/contents.h>
#include <capstan/capability/vault/key.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace capstan::vault {

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::size_t header_bytes = 112;

// How much work it is to try a passphrase. A file keeps what it was made with.
struct PassphraseCost {
  std::uint64_t operations = 3;
  std::uint64_t memory_bytes = std::uint64_t{64} << 20;
};
// What a file may ask for at most: nobody should be able to exhaust the host with one.
inline constexpr PassphraseCost passphrase_cost_max = {.operations = 64,
                                                       .memory_bytes = std::uint64_t{1} << 30};

// Locks and unlocks with one key. Threads: one at a time.
class Seal {
 public:
  Seal(std::shared_ptr<const Key> key, const PassphraseCost& cost)
      : key_(std::move(key)), cost_(cost) {}

  // The file's bytes. They keep the salt of the file that was opened last, if there was one.
  [[nodiscard]] Result<std::vector<std::uint8_t>> close(const Contents& contents);
  // Fills `contents`, which is empty.
  [[nodiscard]] Result<void> open(std::span<const std::uint8_t> file, Contents& contents);

 private:
  // What the key gives with the parameters of one file.
  struct Derived {
    PassphraseCost cost;
    std::array<std::uint8_t, 16> salt;
    GuardedBytes encryption;
    GuardedBytes check;
  };
  [[nodiscard]] Result<void> derive(const PassphraseCost& cost,
                                    std::span<const std::uint8_t, 16> salt);

  std::shared_ptr<const Key> key_;  // shared with whoever made it
  PassphraseCost cost_;
  std::optional<Derived> derived_;
};

}  // namespace capstan::vault
