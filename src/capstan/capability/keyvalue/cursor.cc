#include <capstan/capability/keyvalue/cursor.h>

#include <fmt/format.h>

namespace capstan::keyvalue {
namespace {

constexpr std::string_view prefix = "after:";
constexpr std::size_t shown_bytes_max = 100;

}  // namespace

std::string cursor_after(std::string_view key) { return std::string(prefix).append(key); }

Outcome<std::optional<std::string>> key_of_cursor(const std::optional<std::string>& cursor) {
  if (!cursor) return std::nullopt;
  if (!cursor->starts_with(prefix) || cursor->size() > prefix.size() + key_bytes_max)
    return std::unexpected(unknown_cursor(*cursor));
  return cursor->substr(prefix.size());
}

Error unknown_cursor(std::string_view cursor) {
  return {
      ErrorKind::other,
      fmt::format("'{}{}' is no cursor of this bucket: list again from the start",
                  cursor.substr(0, shown_bytes_max), cursor.size() > shown_bytes_max ? "..." : "")};
}

}  // namespace capstan::keyvalue
