#include <capstan/platform/values.h>

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

namespace capstan::platform {
namespace {

std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

bool is_port(std::string_view text) {
  if (text == "*") return true;
  unsigned port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && port >= 1 &&
         port <= 65535;
}

}  // namespace

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

Result<std::pair<std::string, std::string>> parse_config_environment(std::string_view text) {
  const auto equals = text.find('=');
  std::string key(text.substr(0, equals));
  const std::string name =
      equals == std::string_view::npos ? key : std::string(text.substr(equals + 1));
  if (key.empty() || name.empty())
    return wrong(
        fmt::format("'{}' is not understood: write KEY=NAME, or KEY if the environment's "
                    "variable is called the same",
                    text));
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    return wrong(
        fmt::format("'{}' is not set in the environment: set it, or give a value with "
                    "--config {}=VALUE",
                    name, key));
  return std::pair(std::move(key), std::string(value));
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
