// How the file backend calls things: any name as the name of one file, and back.
//
// Letters, digits, '-', '_' and '.' stand for themselves, but for a '.' in front; every other byte
// is "%2F" and so on. So no name leaves the folder, and none is one of the backend's own, which
// begin with '.'. A name that is too long for a file is "%h" and its SHA-256 instead, and the file
// has the name itself behind its content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace capstan::blobstore {

[[nodiscard]] std::string file_name_of(std::string_view name);

// Whether the name itself is not in the file's name.
[[nodiscard]] bool is_hashed(std::string_view file_name);

// The name of a file that is not hashed; nothing for a file that file_name_of() never makes.
[[nodiscard]] std::optional<std::string> name_of(std::string_view file_name);

// What is behind the content of a hashed file: the name, and its length as four bytes.
[[nodiscard]] std::string trailer_of(std::string_view name);
inline constexpr std::size_t trailer_length_bytes = 4;
[[nodiscard]] std::uint32_t trailer_length(std::span<const std::uint8_t, 4> bytes);

}  // namespace capstan::blobstore
