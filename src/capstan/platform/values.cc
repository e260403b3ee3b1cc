#include <capstan/platform/values.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <span>

namespace capstan::platform {
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

bool is_port(std::string_view text) {
  if (text == "*") return true;
  unsigned port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && port >= 1 &&
         port <= 65535;
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

Result<std::pair<std::string, std::string>> parse_pair(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos)
    return wrong(fmt::format("'{}' has no '=': write KEY=VALUE", text));
  if (equals == 0) return wrong(fmt::format("'{}' has no key: write KEY=VALUE", text));
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

Result<std::pair<std::string, std::string>> parse_environment(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return parse_pair(text);
  std::string name(text);
  if (name.empty()) return wrong("'' names no variable: write NAME=VALUE, or NAME to pass it on");
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    return wrong(
        fmt::format("'{}' is not set in the environment: set it, or write {}=VALUE", name, name));
  return std::pair(std::move(name), std::string(value));
}

Result<wasi::Directory> parse_directory(std::string_view text) {
  std::string_view rest = text;
  wasi::Directory directory;
  if (rest.ends_with(",rw") || rest.ends_with(",ro")) {
    if (rest.ends_with(",rw")) directory.access = wasi::Access::read_write;
    rest.remove_suffix(3);
  }
  const auto divider = rest.rfind("::");
  directory.host = rest.substr(0, divider);
  directory.guest = divider == std::string_view::npos ? rest : rest.substr(divider + 2);
  if (directory.host.empty() || directory.guest.empty())
    return wrong(
        fmt::format("'{}' names no directory: write HOST, HOST::GUEST, or either with ,rw", text));
  return directory;
}

Result<std::string> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  const std::string_view host = text.substr(0, colon);
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1)))
    return wrong(fmt::format("'{}' has no port: write HOST:PORT, or HOST:* for every port", text));
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (!bracketed && host.find_first_of(":[]") != std::string_view::npos)
    return wrong(
        fmt::format("'{}' is not understood: write an IPv6 address in brackets, [::1]:80", text));
  if (host.empty() || host.find_first_of("*/ ") != std::string_view::npos)
    return wrong(fmt::format("'{}' names no host: write HOST:PORT, such as example.org:443", text));
  return std::string(text);
}

}  // namespace capstan::platform
