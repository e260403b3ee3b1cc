#include <capstan/capability/vault/key.h>

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

namespace capstan::vault {
namespace {

// What follows the last letter when a file was read into a variable.
std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool decode_hex(std::string_view text, GuardedBytes& out) {
  std::size_t written = 0;
  const char* end = nullptr;
  return sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &written,
                        &end) == 0 &&
         written == out.size() && end == text.data() + text.size();
}

bool decode_base64(std::string_view text, int variant, GuardedBytes& out) {
  std::size_t written = 0;
  const char* end = nullptr;
  return sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &written,
                           &end, variant) == 0 &&
         written == out.size() && end == text.data() + text.size();
}

}  // namespace

void GuardedBytes::Free::operator()(std::uint8_t* bytes) const { sodium_free(bytes); }

Result<GuardedBytes> GuardedBytes::make(std::size_t size) {
  if (sodium_init() < 0) return fail(ErrorCode::internal, "the encryption library does not start");
  auto* memory = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (memory == nullptr) return fail(ErrorCode::io, "there is no memory for a key");
  std::fill_n(memory, size, std::uint8_t{0});
  GuardedBytes bytes;
  bytes.bytes_.reset(memory);
  bytes.size_ = size;
  return bytes;
}

Result<std::shared_ptr<const Key>> Key::parse(std::string_view text) {
  const std::string_view digits = without_line_end(text);
  CAPSTAN_TRY(GuardedBytes bytes, GuardedBytes::make(key_bytes));
  std::string_view letters = digits;
  while (letters.ends_with('=')) letters.remove_suffix(1);
  // The two lengths differ: there is nothing to guess.
  const bool read =
      digits.size() == 2 * key_bytes
          ? decode_hex(digits, bytes)
          : decode_base64(letters, sodium_base64_VARIANT_ORIGINAL_NO_PADDING, bytes) ||
                decode_base64(letters, sodium_base64_VARIANT_URLSAFE_NO_PADDING, bytes);
  if (!read)
    return fail(ErrorCode::invalid_argument,
                "it is not a key: write 32 bytes as 64 hexadecimal digits or as base64, such as "
                "`head -c 32 /dev/urandom | base64` makes them");
  return std::make_shared<const Key>(KeyKind::raw, std::move(bytes));
}

Result<std::shared_ptr<const Key>> Key::from_passphrase(std::string_view text) {
  const std::string_view phrase = without_line_end(text);
  if (phrase.empty()) return fail(ErrorCode::invalid_argument, "the passphrase is empty");
  if (phrase.size() > passphrase_bytes_max)
    return fail(ErrorCode::invalid_argument,
                fmt::format("the passphrase has {} bytes: at most {} are allowed", phrase.size(),
                            passphrase_bytes_max));
  CAPSTAN_TRY(GuardedBytes bytes, GuardedBytes::make(phrase.size()));
  std::ranges::copy(phrase, bytes.data());
  return std::make_shared<const Key>(KeyKind::passphrase, std::move(bytes));
}

Result<std::shared_ptr<const Key>> Key::from_environment(std::string_view name, KeyKind kind) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr)
    return fail(ErrorCode::invalid_argument,
                fmt::format("the environment has no variable '{}': set it to the vault's {}", name,
                            kind == KeyKind::raw ? "key, 32 bytes as hexadecimal digits or base64"
                                                 : "passphrase"));
  auto key = kind == KeyKind::raw ? parse(value) : from_passphrase(value);
  if (!key)
    return std::unexpected(
        std::move(key).error().with_context(fmt::format("the environment's variable '{}'", name)));
  return key;
}

}  // namespace capstan::vault
