// Configuration values from a file, which is read once:
//
//   TOML     keys with single values; tables are refused
//   lines    KEY=VALUE, as in the .env files of others. Blank lines and lines that begin with '#'
//            are left out, and so is `export ` in front of a key. Space around key and value does
//            not count. A value in double quotes may have \n, \r, \t, \" and \\; one in single
//            quotes is what it is.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/config/config.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace capstan::config {

inline constexpr std::uint64_t file_bytes_max = std::uint64_t{4} << 20;

enum class FileFormat : std::uint8_t {
  by_name,  // TOML if the name ends in .toml, lines otherwise
  toml,
  lines,
};

struct FileOptions {
  std::string path;
  FileFormat format = FileFormat::by_name;
  Values over;  // values of the same keys that win over those of the file
};
[[nodiscard]] Result<std::shared_ptr<Source>> connect_with(const FileOptions& options);

// Lines to values, in their order. `file` appears in messages, which never contain a value.
[[nodiscard]] Result<Values> parse_lines(std::string_view text, std::string_view file);

}  // namespace capstan::config
