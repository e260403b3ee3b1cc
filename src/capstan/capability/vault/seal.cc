#include <capstan/capability/vault/seal.h>

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace capstan::vault {
namespace {

constexpr std::string_view magic = "CAPVAULT";
constexpr std::size_t version_at = 8, kind_at = 12, operations_at = 16, memory_at = 24;
constexpr std::size_t salt_at = 32, check_at = 48, nonce_at = 64, length_at = 88, hash_at = 96;
constexpr std::size_t hash_bytes = 16;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == length_at - nonce_at);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == key_bytes);
static_assert(crypto_pwhash_SALTBYTES == check_at - salt_at);

using Header = std::array<std::uint8_t, header_bytes>;
using Hash = std::array<std::uint8_t, hash_bytes>;

template <typename T>
void put(std::uint8_t* at, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    at[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
}
template <typename T>
T take(const std::uint8_t* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= std::uint64_t{at[i]} << (8 * i);
  return static_cast<T>(value);
}

Hash hash_of(std::span<const std::uint8_t> bytes, const GuardedBytes* key) {
  Hash hash;
  crypto_generichash(hash.data(), hash.size(), bytes.data(), bytes.size(),
                     key == nullptr ? nullptr : key->data(), key == nullptr ? 0 : key->size());
  return hash;
}

// Contents that are not encrypted; overwritten at the end.
struct Plain {
  explicit Plain(std::size_t size) : bytes(size) {}
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;
  ~Plain() { sodium_memzero(bytes.data(), bytes.size()); }
  std::vector<std::uint8_t> bytes;
};

// The contents are texts with their lengths in front, three for each secret: its locker, its id,
// and itself.
std::size_t plain_size(const Contents& contents) {
  std::size_t size = 0;
  for (const auto& [locker, secrets] : contents.lockers())
    for (const auto& [id, secret] : secrets)
      size += 3 * sizeof(std::uint32_t) + locker.size() + id.size() + secret.size();
  return size;
}

void write_plain(const Contents& contents, Plain& plain) {
  std::uint8_t* at = plain.bytes.data();
  const auto append = [&at](const void* data, std::size_t size) {
    put(at, static_cast<std::uint32_t>(size));
    at += sizeof(std::uint32_t);
    if (size > 0) std::memcpy(at, data, size);
    at += size;
  };
  for (const auto& [locker, secrets] : contents.lockers()) {
    for (const auto& [id, secret] : secrets) {
      append(locker.data(), locker.size());
      append(id.data(), id.size());
      append(secret.data(), secret.size());
    }
  }
}

class PlainReader {
 public:
  explicit PlainReader(const Plain& plain) : rest_(plain.bytes) {}
  [[nodiscard]] bool finished() const { return rest_.empty(); }
  std::optional<std::span<const std::uint8_t>> next() {
    if (rest_.size() < sizeof(std::uint32_t)) return std::nullopt;
    const auto size = take<std::uint32_t>(rest_.data());
    rest_ = rest_.subspan(sizeof(std::uint32_t));
    if (rest_.size() < size) return std::nullopt;
    const auto part = rest_.first(size);
    rest_ = rest_.subspan(size);
    return part;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

std::string text_of(std::span<const std::uint8_t> bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::unexpected<capstan::Error> damaged(std::string_view why) {
  return fail(ErrorCode::io, fmt::format("is damaged: {}; restore it from a copy", why));
}
std::unexpected<capstan::Error> cut_off(std::size_t size) {
  return fail(ErrorCode::io,
              fmt::format("is cut off after {} bytes: restore it from a copy", size));
}

Result<void> read_plain(const Plain& plain, Contents& contents) {
  PlainReader reader(plain);
  while (!reader.finished()) {
    const auto locker = reader.next();
    const auto id = locker ? reader.next() : std::nullopt;
    const auto secret = id ? reader.next() : std::nullopt;
    if (!secret) return damaged("its contents end in the middle of a secret");
    contents.load(text_of(*locker), text_of(*id), Bytes::copy_of(*secret));
  }
  return {};
}

// What can be seen without a key.
Result<Header> read_header(std::span<const std::uint8_t> file) {
  const std::size_t shown = std::min(file.size(), magic.size());
  if (!std::equal(magic.begin(), magic.begin() + static_cast<std::ptrdiff_t>(shown), file.begin()))
    return fail(ErrorCode::invalid_argument, "is no vault: give the file another name");
  if (file.size() < kind_at) return cut_off(file.size());
  const auto version = take<std::uint32_t>(file.data() + version_at);
  if (version > format_version)
    return fail(ErrorCode::unsupported,
                fmt::format("is of the newer format {}, and this Capstan knows formats up to {}: "
                            "use a newer Capstan",
                            version, format_version));
  if (file.size() < header_bytes) return cut_off(file.size());
  Header header;
  std::copy_n(file.begin(), header_bytes, header.begin());
  const Hash hash = hash_of(std::span(header).first(hash_at), nullptr);
  if (!std::equal(hash.begin(), hash.end(), header.begin() + hash_at) || version == 0)
    return damaged("its header does not fit its hash");
  const auto length = take<std::uint64_t>(header.data() + length_at);
  if (file.size() - header_bytes < length) return cut_off(file.size());
  if (file.size() - header_bytes > length || length < tag_bytes)
    return damaged("its length is not what its header says");
  return header;
}

Result<void> check_kind(const Header& header, KeyKind ours) {
  if (header[kind_at] > static_cast<std::uint8_t>(KeyKind::passphrase))
    return damaged("its kind of key is unknown");
  const auto theirs = static_cast<KeyKind>(header[kind_at]);
  if (theirs == ours) return {};
  return fail(ErrorCode::invalid_argument,
              theirs == KeyKind::passphrase
                  ? "is locked with a passphrase, and a key was given: name the passphrase's "
                    "variable with passphrase-env"
                  : "is locked with a key, and a passphrase was given: name the key's variable "
                    "with key-env");
}

}  // namespace

Result<void> Seal::derive(const PassphraseCost& cost, std::span<const std::uint8_t, 16> salt) {
  if (derived_ && std::ranges::equal(derived_->salt, salt) &&
      derived_->cost.operations == cost.operations &&
      derived_->cost.memory_bytes == cost.memory_bytes)
    return {};
  CAPSTAN_TRY(GuardedBytes master, GuardedBytes::make(key_bytes));
  const auto own = key_->bytes();
  if (key_->kind() == KeyKind::raw) {
    std::ranges::copy(own, master.data());
  } else if (crypto_pwhash(master.data(), master.size(), reinterpret_cast<const char*>(own.data()),
                           own.size(), salt.data(), cost.operations, cost.memory_bytes,
                           crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(ErrorCode::io,
                fmt::format("cannot be unlocked: argon2id needs {} bytes of memory, which are not "
                            "there",
                            cost.memory_bytes));
  }
  CAPSTAN_TRY(GuardedBytes encryption, GuardedBytes::make(key_bytes));
  CAPSTAN_TRY(GuardedBytes check, GuardedBytes::make(key_bytes));
  crypto_kdf_derive_from_key(encryption.data(), encryption.size(), 1, "capvault", master.data());
  crypto_kdf_derive_from_key(check.data(), check.size(), 2, "capvault", master.data());
  derived_ = Derived{
      .cost = cost, .salt = {}, .encryption = std::move(encryption), .check = std::move(check)};
  std::ranges::copy(salt, derived_->salt.begin());
  return {};
}

Result<std::vector<std::uint8_t>> Seal::close(const Contents& contents) {
  if (!derived_) {
    std::array<std::uint8_t, 16> salt;
    if (sodium_init() < 0) return fail(ErrorCode::internal, "cannot be locked");
    randombytes_buf(salt.data(), salt.size());
    CAPSTAN_TRY_VOID(derive(cost_, salt));
  }
  Plain plain(plain_size(contents));
  write_plain(contents, plain);

  std::vector<std::uint8_t> file(header_bytes + plain.bytes.size() + tag_bytes);
  std::ranges::copy(magic, file.begin());
  put(file.data() + version_at, format_version);
  file[kind_at] = static_cast<std::uint8_t>(key_->kind());
  const bool passphrase = key_->kind() == KeyKind::passphrase;
  put(file.data() + operations_at, passphrase ? derived_->cost.operations : 0);
  put(file.data() + memory_at, passphrase ? derived_->cost.memory_bytes : 0);
  std::ranges::copy(derived_->salt, file.begin() + salt_at);
  const std::span<const std::uint8_t> written(file);
  std::ranges::copy(hash_of(written.first(check_at), &derived_->check), file.begin() + check_at);
  randombytes_buf(file.data() + nonce_at, length_at - nonce_at);
  put(file.data() + length_at, static_cast<std::uint64_t>(plain.bytes.size() + tag_bytes));
  std::ranges::copy(hash_of(written.first(hash_at), nullptr), file.begin() + hash_at);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      file.data() + header_bytes, nullptr, plain.bytes.data(), plain.bytes.size(), file.data(),
      header_bytes, nullptr, file.data() + nonce_at, derived_->encryption.data());
  return file;
}

Result<void> Seal::open(std::span<const std::uint8_t> file, Contents& contents) {
  CAPSTAN_TRY(const Header header, read_header(file));
  CAPSTAN_TRY_VOID(check_kind(header, key_->kind()));
  PassphraseCost cost{.operations = take<std::uint64_t>(header.data() + operations_at),
                      .memory_bytes = take<std::uint64_t>(header.data() + memory_at)};
  const bool passphrase = key_->kind() == KeyKind::passphrase;
  if (passphrase && (cost.operations < crypto_pwhash_OPSLIMIT_MIN ||
                     cost.operations > passphrase_cost_max.operations ||
                     cost.memory_bytes < crypto_pwhash_MEMLIMIT_MIN ||
                     cost.memory_bytes > passphrase_cost_max.memory_bytes))
    return damaged("it asks for more work than any vault");
  if (!passphrase) cost = cost_;
  CAPSTAN_TRY_VOID(derive(cost, std::span<const std::uint8_t, 16>(header.data() + salt_at, 16)));
  const Hash check = hash_of(std::span(header).first(check_at), &derived_->check);
  if (sodium_memcmp(check.data(), header.data() + check_at, check.size()) != 0) {
    derived_.reset();
    return fail(ErrorCode::invalid_argument,
                passphrase ? "is locked with another passphrase" : "is locked with another key");
  }
  Plain plain(file.size() - header_bytes - tag_bytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plain.bytes.data(), nullptr, nullptr, file.data() + header_bytes,
          file.size() - header_bytes, header.data(), header.size(), header.data() + nonce_at,
          derived_->encryption.data()) != 0)
    return damaged("its contents do not fit its seal");
  return read_plain(plain, contents);
}

}  // namespace capstan::vault
