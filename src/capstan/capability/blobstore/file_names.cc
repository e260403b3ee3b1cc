#include <capstan/capability/blobstore/file_names.h>

#include <capstan/keyfiles/sha256.h>

#include <fmt/format.h>

namespace capstan::blobstore {
namespace {

// What Linux's file systems take.
constexpr std::size_t file_name_bytes_max = 255;
constexpr std::string_view hash_mark = "%h";

bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (stands_for_itself(c) && !(out.empty() && c == '.')) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string file_name_of(std::string_view name) {
  std::string plain = escaped(name);
  if (plain.size() <= file_name_bytes_max) return plain;
  return std::string(hash_mark) + keyfiles::sha256_hex(name);
}

bool is_hashed(std::string_view file_name) {
  return file_name.starts_with(hash_mark) && file_name.size() == hash_mark.size() + 64;
}

std::optional<std::string> name_of(std::string_view file_name) {
  std::string name;
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    if (file_name[i] != '%') {
      name += file_name[i];
      continue;
    }
    if (file_name.size() - i < 3) return std::nullopt;
    const int high = digit(file_name[i + 1]);
    const int low = digit(file_name[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    name += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (name.empty() || escaped(name) != file_name) return std::nullopt;
  return name;
}

std::string trailer_of(std::string_view name) {
  std::string trailer(name);
  for (std::size_t i = 0; i < trailer_length_bytes; ++i)
    trailer += static_cast<char>(name.size() >> (8 * i) & 0xff);
  return trailer;
}

std::uint32_t trailer_length(std::span<const std::uint8_t, 4> bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

}  // namespace capstan::blobstore
