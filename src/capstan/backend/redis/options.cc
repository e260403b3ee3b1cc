#include <capstan/backend/redis/redis.h>
#include <capstan/backend/service/address.h>
#include <capstan/base/quantity.h>

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>

namespace capstan::redis {
namespace {

constexpr std::uint16_t default_port = 6379;
constexpr std::uint32_t database_most = 65'535;
constexpr std::uint64_t connections_most = 64;
constexpr std::uint64_t in_flight_most = 65'536;
constexpr std::uint64_t retries_most = 1000;
constexpr std::uint64_t delay_ms_most = 3'600'000;

std::optional<std::string_view> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Result<std::uint64_t> number(std::string_view text, std::string_view what, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most)
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is '{}': write a number from 0 to {}", what, text, most));
  return value;
}

Result<void> read_environment(Options& options) {
  if (const auto text = variable("REDIS_MAX_RETRIES")) {
    CAPSTAN_TRY(const auto retries, number(*text, "REDIS_MAX_RETRIES", retries_most));
    options.max_retries = static_cast<std::uint32_t>(retries);
  }
  if (const auto text = variable("REDIS_MAX_DELAY")) {
    CAPSTAN_TRY(const auto delay, number(*text, "REDIS_MAX_DELAY", delay_ms_most));
    options.max_delay = std::chrono::milliseconds(delay);
  }
  return {};
}

Result<void> read_place(const Url& url, Options& options) {
  CAPSTAN_TRY(service::Address address, service::parse_address(url, default_port));
  options.host = std::move(address.host);
  options.port = address.port;
  options.user = std::move(address.user);
  options.password = std::move(address.password);
  if (!address.path.empty()) {
    CAPSTAN_TRY(
        const auto database,
        number(address.path, fmt::format("'{}': the database", url.shown()), database_most));
    options.database = static_cast<std::uint32_t>(database);
  }
  if (!options.user.empty() && options.password.empty())
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("'{}' has a user without a password: write //USER:PASSWORD@HOST", url.shown()));
  return {};
}

// One of two words.
template <typename T>
Result<T> choose(const Url& url, UrlOptions& given, std::string_view name, std::string_view first,
                 T if_first, std::string_view second, T if_second, T otherwise) {
  CAPSTAN_TRY(const std::string text, given.text(name, ""));
  if (text.empty()) return otherwise;
  if (text == first) return if_first;
  if (text == second) return if_second;
  return fail(ErrorCode::invalid_argument, fmt::format("'{}': {}: '{}' is not understood: write {} "
                                                       "or {}",
                                                       url.shown(), name, text, first, second));
}

Result<void> read_limits(UrlOptions& given, const Url& url, Options& options) {
  using std::chrono::milliseconds;
  CAPSTAN_TRY(const auto timeout,
              given.duration_ms("timeout", static_cast<std::uint64_t>(options.timeout.count())));
  if (timeout > delay_ms_most)
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}': timeout: at most 1h is possible", url.shown()));
  options.timeout = milliseconds(timeout);
  CAPSTAN_TRY(
      const auto delay,
      given.duration_ms("max-delay", static_cast<std::uint64_t>(options.max_delay.count())));
  options.max_delay = milliseconds(std::min(delay, delay_ms_most));
  CAPSTAN_TRY(const std::string retries, given.text("max-retries", ""));
  if (!retries.empty()) {
    CAPSTAN_TRY(const auto count,
                number(retries, fmt::format("'{}': max-retries", url.shown()), retries_most));
    options.max_retries = static_cast<std::uint32_t>(count);
  }
  CAPSTAN_TRY(options.connections,
              given.count("connections", options.connections, connections_most));
  CAPSTAN_TRY(options.in_flight, given.count("in-flight", options.in_flight, in_flight_most));
  return {};
}

Result<void> read_tls(UrlOptions& given, const Url& url, Options& options) {
  options.tls.on = url.scheme == "rediss";
  CAPSTAN_TRY(options.tls.ca_file, given.text("ca", ""));
  CAPSTAN_TRY(options.tls.certificate_file, given.text("cert", ""));
  CAPSTAN_TRY(options.tls.key_file, given.text("key", ""));
  CAPSTAN_TRY(options.tls.insecure, given.yes_or_no("insecure", false));
  const bool asked = options.tls.insecure || !options.tls.ca_file.empty() ||
                     !options.tls.certificate_file.empty() || !options.tls.key_file.empty();
  if (asked && !options.tls.on)
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' has options of TLS: write rediss:// to use it", url.shown()));
  if (options.tls.certificate_file.empty() != options.tls.key_file.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}': cert and key go together: give both or none", url.shown()));
  return {};
}

}  // namespace

Result<Options> options_from(const Url& url) {
  if (url.rest.empty()) {
    auto elsewhere = Url::parse(variable("REDIS_URL").value_or("redis://localhost:6379"));
    if (!elsewhere) return std::unexpected(std::move(elsewhere).error().with_context("REDIS_URL"));
    if (elsewhere->rest.empty() || !elsewhere->scheme.starts_with("redis"))
      return fail(ErrorCode::invalid_argument,
                  fmt::format("REDIS_URL is '{}': write redis://HOST:PORT", elsewhere->shown()));
    elsewhere->options.insert(elsewhere->options.end(), url.options.begin(), url.options.end());
    return options_from(*elsewhere);
  }
  Options options;
  CAPSTAN_TRY_VOID(read_environment(options));
  CAPSTAN_TRY_VOID(read_place(url, options));
  UrlOptions given(url);
  CAPSTAN_TRY_VOID(read_limits(given, url, options));
  using Connect = Options::Connect;
  CAPSTAN_TRY(options.connect, choose(url, given, "connect", "lazy", Connect::lazy, "eager",
                                      Connect::eager, options.connect));
  using Counters = Options::Counters;
  CAPSTAN_TRY(options.counters, choose(url, given, "counters", "binary", Counters::binary,
                                       "decimal", Counters::decimal, options.counters));
  CAPSTAN_TRY(const bool repeat, given.yes_or_no("repeat-sets", true));
  options.sets = repeat ? Options::Sets::repeat : Options::Sets::once;
  CAPSTAN_TRY_VOID(read_tls(given, url, options));
  CAPSTAN_TRY_VOID(given.finish());
  return options;
}

}  // namespace capstan::redis
