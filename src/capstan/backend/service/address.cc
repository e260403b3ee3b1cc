#include <capstan/backend/service/address.h>

#include <fmt/format.h>

#include <charconv>

namespace capstan::service {
namespace {

std::unexpected<Error> wrong(const Url& url, std::string_view why) {
  return fail(ErrorCode::invalid_argument, fmt::format("'{}': {}", url.shown(), why));
}

Result<std::uint16_t> parse_port(const Url& url, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    return wrong(url, fmt::format("'{}' is no port: write a number from 1 to 65535", text));
  return port;
}

// Nothing of a part that cannot be decoded is repeated: it may be a password.
Result<std::string> decode(const Url& url, std::string_view text, std::string_view what) {
  auto decoded = percent_decode(text);
  if (decoded) return *std::move(decoded);
  return wrong(url, fmt::format("the {} has a '%' that is not followed by two hexadecimal "
                                "digits: write %25 for the sign itself",
                                what));
}

Result<void> parse_credentials(const Url& url, std::string_view text, Address& address) {
  const auto colon = text.find(':');
  CAPSTAN_TRY(address.user, decode(url, text.substr(0, colon), "user name"));
  if (colon != std::string_view::npos) {
    CAPSTAN_TRY(address.password, decode(url, text.substr(colon + 1), "password"));
  }
  return {};
}

Result<void> parse_host(const Url& url, std::string_view text, std::uint16_t default_port,
                        Address& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return wrong(url, "the address of the host has no ']'");
    address.host = text.substr(1, bracket - 1);
    port = text.substr(bracket + 1);
  } else {
    const auto colon = text.find(':');
    CAPSTAN_TRY(address.host, decode(url, text.substr(0, colon), "host"));
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (address.host.empty()) return wrong(url, "there is no host: write //HOST:PORT");
  if (address.host.find_first_of(std::string_view("\0 /@", 4)) != std::string::npos)
    return wrong(url, "the name of the host has signs that none can have");
  address.port = default_port;
  if (port.empty()) return {};
  if (!port.starts_with(':')) return wrong(url, "after the host's ']' there is no ':' and a port");
  CAPSTAN_TRY(address.port, parse_port(url, port.substr(1)));
  return {};
}

}  // namespace

std::string Address::shown() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

Result<Address> parse_address(const Url& url, std::uint16_t default_port) {
  Address address;
  std::string_view rest = url.rest;
  if (!rest.starts_with("//")) return wrong(url, fmt::format("write {}://HOST:PORT", url.scheme));
  rest.remove_prefix(2);
  // A password may contain '/' only as "%2F", a path anything.
  const auto slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) {
    CAPSTAN_TRY(address.path, decode(url, rest.substr(slash + 1), "path"));
  }
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    CAPSTAN_TRY_VOID(parse_credentials(url, authority.substr(0, at), address));
    authority.remove_prefix(at + 1);
  }
  CAPSTAN_TRY_VOID(parse_host(url, authority, default_port, address));
  return address;
}

std::string without_secret(std::string_view text, std::string_view secret) {
  std::string clean(text);
  if (secret.empty()) return clean;
  for (auto at = clean.find(secret); at != std::string::npos; at = clean.find(secret, at + 3))
    clean.replace(at, secret.size(), "***");
  return clean;
}

}  // namespace capstan::service
