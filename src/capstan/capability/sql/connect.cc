#include <capstan/capability/sql/connect.h>

#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

namespace capstan::sql {
namespace {

constexpr std::uint64_t statements_most = 10'000;
constexpr std::uint64_t connections_most = 10'000;
constexpr std::uint64_t threads_most = 256;

Result<void> read_file_options(const Url& url, UrlOptions& from, SqliteOptions& into) {
  // Empty is what means "in memory".
  if (url.rest.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' names no file: write sqlite:FILE", url.shown()));
  if (url.rest == ":memory:")
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is no file: write memory", url.shown()));
  into.file = url.rest;
  CAPSTAN_TRY(into.readonly, from.yes_or_no("readonly", false));
  CAPSTAN_TRY(const std::string sync, from.text("sync", "full"));
  if (sync != "full" && sync != "normal")
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("the option sync of '{}' is '{}': it can be full, normal", url.shown(), sync));
  into.durability = sync == "full" ? Durability::power_loss : Durability::process_end;
  return {};
}

}  // namespace

Result<SqliteOptions> sqlite_options(const Url& url) {
  SqliteOptions options;
  UrlOptions from(url);
  if (url.scheme == "sqlite") {
    CAPSTAN_TRY_VOID(read_file_options(url, from, options));
    options.database_bytes_max = 0;
  } else if (url.scheme == "memory") {
    CAPSTAN_TRY(options.databases, from.count("databases", options.databases, connections_most));
  } else {
    return fail(ErrorCode::invalid_argument,
                fmt::format("sql has no backend '{}': it can be memory, sqlite", url.scheme));
  }
  CAPSTAN_TRY(options.busy_ms, from.duration_ms("busy", options.busy_ms));
  CAPSTAN_TRY(options.statement_ms, from.duration_ms("time", options.statement_ms));
  CAPSTAN_TRY(options.rows_max,
              from.count("rows", options.rows_max, std::numeric_limits<std::uint32_t>::max()));
  CAPSTAN_TRY(options.result_bytes_max, from.bytes("result", options.result_bytes_max));
  CAPSTAN_TRY(options.value_bytes_max, from.bytes("value", options.value_bytes_max));
  CAPSTAN_TRY(options.database_bytes_max, from.bytes("bytes", options.database_bytes_max));
  CAPSTAN_TRY(options.statement_bytes_max, from.bytes("memory", options.statement_bytes_max));
  CAPSTAN_TRY(options.cache_bytes, from.bytes("cache", options.cache_bytes));
  CAPSTAN_TRY(options.statements, from.count("statements", options.statements, statements_most));
  CAPSTAN_TRY(options.connections,
              from.count("connections", options.connections, connections_most));
  CAPSTAN_TRY(options.threads, from.count("threads", options.threads, threads_most));
  CAPSTAN_TRY_VOID(from.finish());
  return options;
}

Result<std::shared_ptr<Store>> connect(const Url& url) {
  CAPSTAN_TRY(const SqliteOptions options, sqlite_options(url));
  return connect_with(options);
}

Result<Url> database_url(std::string_view sql_database) {
  const std::string text(sql_database);
  if (text.empty() || text == ":memory:" || text == "memory" || text.starts_with("memory?"))
    return Url::parse(text.starts_with("memory") ? text : "memory");
  auto url = Url::parse(text.starts_with("sqlite:") ? text : "sqlite:" + text);
  if (!url) return std::unexpected(std::move(url).error().with_context("SQL_DATABASE"));
  return url;
}

Result<Url> environment_url() {
  const char* value = std::getenv("SQL_DATABASE");
  return database_url(value == nullptr ? "" : value);
}

Result<std::shared_ptr<Store>> connect() {
  CAPSTAN_TRY(const Url url, environment_url());
  return connect(url);
}

}  // namespace capstan::sql
