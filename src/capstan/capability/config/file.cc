#include <capstan/capability/config/file.h>

#include <capstan/base/config_table.h>
#include <capstan/base/printable.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace capstan::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view space = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) + 1 - first);
}

// A value as it is written; nothing if its quotes are wrong.
std::optional<std::string> unquoted(std::string_view text) {
  if (!text.starts_with('"') && !text.starts_with('\'')) return std::string(text);
  const char quote = text[0];
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      if (i + 1 != text.size()) return std::nullopt;
      return value;
    }
    if (quote == '"' && text[i] == '\\') {
      constexpr std::string_view escapes = "nrt\"\\";
      constexpr std::string_view meanings = "\n\r\t\"\\";
      const auto known = i + 1 < text.size() ? escapes.find(text[i + 1]) : std::string_view::npos;
      if (known == std::string_view::npos) return std::nullopt;
      value += meanings[known];
      ++i;
    } else {
      value += text[i];
    }
  }
  return std::nullopt;
}

Result<std::string> read(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    return fail(ErrorCode::invalid_argument,
                fmt::format("there is no configuration file '{}'", path));
  const std::uint64_t bytes = fs::file_size(path, error);
  if (!error && bytes > file_bytes_max)
    return fail(ErrorCode::invalid_argument,
                fmt::format("the configuration file '{}' has {} bytes: at most {} are allowed",
                            path, bytes, file_bytes_max));
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad())
    return fail(ErrorCode::io, fmt::format("cannot read the configuration file '{}'", path));
  return text;
}

}  // namespace

Result<Values> parse_lines(std::string_view text, std::string_view file) {
  Values values;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.starts_with('#')) continue;

    const auto wrong = [&](std::string_view why) {
      return fail(ErrorCode::invalid_argument, fmt::format("{}:{}: {}", file, number, why));
    };
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const auto equals = line.find('=');
    const std::string key(trimmed(line.substr(0, equals)));
    if (equals == std::string_view::npos) return wrong("a line without '=': write KEY=VALUE");
    if (key.empty()) return wrong("a line without a key: write KEY=VALUE");
    if (std::ranges::find(values, key, &Values::value_type::first) != values.end())
      return wrong(fmt::format("the key '{}' is there twice", base::printable(key)));
    auto value = unquoted(trimmed(line.substr(equals + 1)));
    if (!value)
      return wrong(fmt::format(
          "the value of '{}' is not quoted correctly: \"...\" knows \\n, \\r, \\t, \\\" and \\\\, "
          "and nothing may follow the last quote",
          base::printable(key)));
    values.emplace_back(key, *std::move(value));
  }
  return values;
}

Result<std::shared_ptr<Source>> connect_with(const FileOptions& options) {
  CAPSTAN_TRY(const std::string text, read(options.path));
  const bool toml = options.format == FileFormat::toml ||
                    (options.format == FileFormat::by_name && options.path.ends_with(".toml"));
  FixedOptions fixed;
  if (toml) {
    CAPSTAN_TRY(const ConfigTable table, ConfigTable::parse(text, options.path));
    CAPSTAN_TRY(fixed.values, table.values());
  } else {
    CAPSTAN_TRY(fixed.values, parse_lines(text, options.path));
  }
  fixed.values.insert(fixed.values.end(), options.over.begin(), options.over.end());
  return connect_with(fixed);
}

}  // namespace capstan::config
