#include <capstan/capability/keyvalue/connect.h>

#include <capstan/capability/keyvalue/memory.h>
#include <capstan/capability/keyvalue/sqlite.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace capstan::keyvalue {
namespace {

constexpr std::uint64_t keys_most = 1'000'000'000;
constexpr std::uint64_t connections_most = 64;
constexpr std::uint64_t threads_most = 64;
constexpr std::uint64_t busy_ms_most = 3'600'000;

Result<std::shared_ptr<Store>> connect_memory(const Url& url) {
  UrlOptions options(url);
  MemoryOptions memory;
  CAPSTAN_TRY(memory.bytes_max, options.bytes("bytes", memory.bytes_max));
  CAPSTAN_TRY(memory.keys_max, options.count("keys", memory.keys_max, keys_most));
  CAPSTAN_TRY_VOID(options.finish());
  return connect_with(memory);
}

Result<std::shared_ptr<Store>> connect_sqlite(const Url& url) {
  UrlOptions options(url);
  SqliteOptions sqlite{.file = url.rest};
  CAPSTAN_TRY(const std::string sync, options.text("sync", "full"));
  if (sync != "full" && sync != "normal")
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is no value of the option 'sync' of '{}': it is full or normal",
                            sync, url.shown()));
  if (sync == "normal") sqlite.sync = SqliteOptions::Sync::normal;
  CAPSTAN_TRY(sqlite.bytes_max, options.bytes("bytes", sqlite.bytes_max));
  CAPSTAN_TRY(const std::uint64_t busy, options.duration_ms("busy", sqlite.busy_timeout_ms));
  sqlite.busy_timeout_ms = std::min(busy, busy_ms_most);
  CAPSTAN_TRY(sqlite.connections,
              options.count("connections", sqlite.connections, connections_most));
  CAPSTAN_TRY(const std::uint64_t threads, options.count("threads", 0, threads_most));
  CAPSTAN_TRY_VOID(options.finish());
  if (threads > 0)
    sqlite.pool = std::make_shared<BlockingPool>(BlockingPool::Options{.threads = threads});
  return connect_with(sqlite);
}

}  // namespace

Result<std::shared_ptr<Store>> connect() {
  const char* address = std::getenv("CAPSTAN_KEYVALUE");
  if (address == nullptr) return connect_with(MemoryOptions());
  const Result<Url> url = Url::parse(address);
  auto connected = url ? connect(*url) : std::unexpected(url.error());
  if (!connected)
    return std::unexpected(std::move(connected).error().with_context("CAPSTAN_KEYVALUE"));
  return connected;
}

Result<std::shared_ptr<Store>> connect(const Url& url) {
  if (url.scheme == "memory") return connect_memory(url);
  if (url.scheme == "sqlite") return connect_sqlite(url);
  return fail(ErrorCode::invalid_argument,
              fmt::format("'{}' is no embedded key-value backend: it can be memory "
                          "or sqlite",
                          url.shown()));
}

}  // namespace capstan::keyvalue
