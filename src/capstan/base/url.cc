#include <capstan/base/url.h>

#include <capstan/base/nearest.h>
#include <capstan/base/quantity.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace capstan {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_scheme(std::string_view text) {
  constexpr auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
  };
  return !text.empty() && std::ranges::all_of(text, allowed);
}

std::unexpected<Error> wrong_url(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

// Options that hold secrets, which messages must not repeat.
bool is_secret(std::string_view option) {
  return option.find("password") != std::string_view::npos ||
         option.find("secret") != std::string_view::npos ||
         option.find("token") != std::string_view::npos;
}

// "//user:password@host" without the password.
std::string without_password(std::string_view rest) {
  const auto authority_end = rest.starts_with("//") ? rest.find('/', 2) : 0;
  const auto at = rest.substr(0, authority_end).rfind('@');
  const auto colon = rest.substr(0, at).find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos) return std::string(rest);
  return fmt::format("{}:***{}", rest.substr(0, colon), rest.substr(at));
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const bool complete = i + 2 < text.size();
    const int high = complete ? hex_digit(text[i + 1]) : -1;
    const int low = complete ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return wrong_url(
          fmt::format("'{}' has a '%' that is not followed by two hexadecimal digits: "
                      "write %25 for the sign itself",
                      text));
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

Result<Url> Url::parse(std::string_view text) {
  Url url;
  const auto question = text.find('?');
  const std::string_view place = text.substr(0, question);
  const auto colon = place.find(':');
  url.scheme = place.substr(0, colon);
  if (colon != std::string_view::npos) url.rest = place.substr(colon + 1);
  if (!is_scheme(url.scheme))
    return wrong_url(fmt::format("'{}' does not begin with the name of a backend", url.shown()));
  if (question == std::string_view::npos) return url;

  std::string_view options = text.substr(question + 1);
  while (!options.empty()) {
    const auto end = options.find('&');
    const std::string_view option = options.substr(0, end);
    options = end == std::string_view::npos ? std::string_view() : options.substr(end + 1);
    const auto equals = option.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return wrong_url(fmt::format("'{}' has the option '{}' without a value: write NAME=VALUE",
                                   url.shown(), option));
    const std::string name(option.substr(0, equals));
    if (std::ranges::find(url.options, name, &std::pair<std::string, std::string>::first) !=
        url.options.end())
      return wrong_url(fmt::format("'{}' has the option '{}' twice", url.shown(), name));
    CAPSTAN_TRY(std::string value, percent_decode(option.substr(equals + 1)));
    url.options.emplace_back(name, std::move(value));
  }
  return url;
}

std::string Url::shown() const {
  std::string text = scheme;
  if (!rest.empty()) text += ':' + without_password(rest);
  for (std::size_t i = 0; i < options.size(); ++i)
    text += fmt::format("{}{}={}", i == 0 ? '?' : '&', options[i].first,
                        is_secret(options[i].first) ? "***" : options[i].second);
  return text;
}

std::optional<std::string_view> UrlOptions::find(std::string_view name) {
  known_.emplace(name);
  for (const auto& [key, value] : url_.options)
    if (key == name) return value;
  return std::nullopt;
}

Error UrlOptions::wrong(std::string_view name, const Error& why) const {
  return Error(ErrorCode::invalid_argument,
               fmt::format("'{}': {}: {}", url_.shown(), name, why.message()));
}

Result<std::string> UrlOptions::text(std::string_view name, std::string_view otherwise) {
  return std::string(find(name).value_or(otherwise));
}

Result<std::uint64_t> UrlOptions::bytes(std::string_view name, std::uint64_t otherwise) {
  const auto written = find(name);
  if (!written) return otherwise;
  const auto value = base::parse_bytes(*written);
  if (!value) return std::unexpected(wrong(name, value.error()));
  return *value;
}

Result<std::uint64_t> UrlOptions::count(std::string_view name, std::uint64_t otherwise,
                                        std::uint64_t most) {
  const auto written = find(name);
  if (!written) return otherwise;
  const auto value = base::parse_count(*written, most);
  if (!value) return std::unexpected(wrong(name, value.error()));
  return *value;
}

Result<std::uint64_t> UrlOptions::duration_ms(std::string_view name, std::uint64_t otherwise) {
  const auto written = find(name);
  if (!written) return otherwise;
  const auto value = base::parse_duration_ms(*written);
  if (!value) return std::unexpected(wrong(name, value.error()));
  return *value;
}

Result<bool> UrlOptions::yes_or_no(std::string_view name, bool otherwise) {
  const auto written = find(name);
  if (!written) return otherwise;
  if (*written == "yes") return true;
  if (*written == "no") return false;
  return std::unexpected(
      wrong(name, Error(ErrorCode::invalid_argument,
                        fmt::format("'{}' is not understood: write yes or no", *written))));
}

Result<void> UrlOptions::finish() const {
  for (const auto& [name, value] : url_.options) {
    if (known_.contains(name)) continue;
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    const std::string_view near = base::nearest(name, names);
    const std::string advice = !near.empty() ? fmt::format("did you mean '{}'?", near)
                               : known_.empty()
                                   ? std::string("it takes none")
                                   : fmt::format("it takes {}", fmt::join(known_, ", "));
    return wrong_url(fmt::format("'{}': the backend '{}' has no option '{}': {}", url_.shown(),
                                 url_.scheme, name, advice));
  }
  return {};
}

}  // namespace capstan
