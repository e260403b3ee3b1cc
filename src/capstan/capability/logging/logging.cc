#include <capstan/capability/logging/logging.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace capstan::logging {
namespace {

constexpr std::string_view lower_case[] = {"trace", "debug", "info", "warn", "error", "critical"};

}  // namespace

std::string_view name(Level level) {
  static constexpr std::string_view names[] = {"Trace", "Debug", "Info",
                                               "Warn",  "Error", "Critical"};
  return names[static_cast<std::size_t>(level)];
}

std::string_view lower_case_name(Level level) {
  return lower_case[static_cast<std::size_t>(level)];
}

Result<Level> parse_level(std::string_view text) {
  const auto* found = std::ranges::find(lower_case, text);
  if (found == std::end(lower_case))
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is no level: write {}", text, fmt::join(lower_case, ", ")));
  return static_cast<Level>(found - std::begin(lower_case));
}

}  // namespace capstan::logging
