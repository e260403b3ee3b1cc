#include <capstan/base/quantity.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace capstan::base {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

// A number with a unit; `unit_needed` says what is missing when there is none.
Result<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
                                     std::string_view examples) {
  const auto digits_end = text.find_first_not_of("0123456789.");
  const std::string_view digits = text.substr(0, digits_end);
  const std::string_view unit =
      digits_end == std::string_view::npos ? std::string_view() : text.substr(digits_end);
  const auto found = std::ranges::find(units, unit, &Unit::name);
  double number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
  if (!whole || found == units.end())
    return wrong(fmt::format("'{}' is not understood: write {}", text, examples));
  const double value = std::round(number * static_cast<double>(found->size));
  if (value < 1) return wrong(fmt::format("'{}' is nothing: leave the option out instead", text));
  // Beyond this a double does not hold every integer; no limit is that large.
  if (value > 9e15) return wrong(fmt::format("'{}' is too large", text));
  return static_cast<std::uint64_t>(value);
}

}  // namespace

Result<std::uint64_t> parse_duration_ms(std::string_view text) {
  static constexpr Unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  return parse_quantity(text, units, "a time with its unit, such as 500ms, 2s or 1m");
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  static constexpr Unit units[] = {
      {"", 1},      {"B", 1},     {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20},  {"GiB", 1ULL << 30},
      {"kB", 1000}, {"KB", 1000}, {"MB", 1'000'000},   {"GB", 1'000'000'000}};
  return parse_quantity(text, units, "a size such as 64MiB, 1GB or 65536");
}

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number < 1 ||
      number > most)
    return wrong(
        fmt::format("'{}' is not understood: write a whole number from 1 to {}", text, most));
  return number;
}

}  // namespace capstan::base
