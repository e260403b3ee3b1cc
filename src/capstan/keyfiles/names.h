// Names: which file holds the value of a key.
//
//   "user:123"      user:123              a safe name is the file's name
//   "a/b", ".x"     a%2Fb, %2Ex           anything else is percent-encoded, so none leaves its
//   folder
//   ""              %
//   a long one      %%<64 digits>         under its hash; the key itself is in .name-<64 digits>
//
// Names that begin with '.' are never keys: they are temporary files, locks and long keys' names.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace capstan::keyfiles {

inline constexpr std::size_t file_name_bytes_max = 255;

// The name of the file. Different keys have different names.
[[nodiscard]] std::string file_name_of(std::string_view key);

// Whether it is the name of a key that is too long to be encoded in it.
[[nodiscard]] bool is_hashed(std::string_view file_name);
// Where the key behind a hashed name is kept.
[[nodiscard]] std::string name_file_of(std::string_view hashed);

// The key whose file it is; nothing if it is no key's, or a hashed one's.
[[nodiscard]] std::optional<std::string> key_of(std::string_view file_name);

}  // namespace capstan::keyfiles
