#include <capstan/keyfiles/names.h>

#include <capstan/keyfiles/sha256.h>

namespace capstan::keyfiles {
namespace {

constexpr std::string_view empty_key = "%";
constexpr std::string_view hashed_prefix = "%%";
constexpr std::string_view digits = "0123456789ABCDEF";

bool is_safe(char c, bool first) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7f || c == '/' || c == '%') return false;
  // Some file systems, and people who look, treat it as a path too.
  if (c == '\\') return false;
  return !(first && c == '.');
}

std::string encoded(std::string_view key) {
  if (key.empty()) return std::string(empty_key);
  std::string name;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto byte = static_cast<unsigned char>(key[i]);
    if (is_safe(key[i], i == 0)) {
      name += key[i];
    } else {
      name += '%';
      name += digits[byte >> 4];
      name += digits[byte & 15];
    }
  }
  return name;
}

}  // namespace

std::string file_name_of(std::string_view key) {
  std::string name = encoded(key);
  if (name.size() <= file_name_bytes_max) return name;
  return std::string(hashed_prefix) + sha256_hex(key);
}

bool is_hashed(std::string_view file_name) {
  return file_name.starts_with(hashed_prefix) && file_name.size() == hashed_prefix.size() + 64;
}

std::string name_file_of(std::string_view hashed) {
  return ".name-" + std::string(hashed.substr(hashed_prefix.size()));
}

std::optional<std::string> key_of(std::string_view file_name) {
  if (file_name.empty() || file_name[0] == '.' || file_name.starts_with(hashed_prefix))
    return std::nullopt;
  std::string key;
  for (std::size_t i = 0; file_name != empty_key && i < file_name.size(); ++i) {
    if (file_name[i] != '%') {
      key += file_name[i];
      continue;
    }
    if (i + 2 >= file_name.size()) return std::nullopt;
    const auto high = digits.find(file_name[i + 1]);
    const auto low = digits.find(file_name[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    key += static_cast<char>(high * 16 + low);
    i += 2;
  }
  // A file that somebody named "%41" is not the file of the key "A".
  if (encoded(key) != file_name) return std::nullopt;
  return key;
}

}  // namespace capstan::keyfiles
