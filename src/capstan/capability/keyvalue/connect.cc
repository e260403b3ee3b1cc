#include <capstan/capability/keyvalue/connect.h>

#include <capstan/capability/keyvalue/file.h>
#include <capstan/capability/keyvalue/memory.h>

#include <fmt/format.h>

#include <cstdlib>

namespace capstan::keyvalue {
namespace {

constexpr std::uint64_t keys_most = 1'000'000'000;

Result<std::shared_ptr<Store>> connect_memory(const Url& url) {
  UrlOptions options(url);
  MemoryOptions memory;
  CAPSTAN_TRY(memory.bytes_max, options.bytes("bytes", memory.bytes_max));
  CAPSTAN_TRY(memory.keys_max, options.count("keys", memory.keys_max, keys_most));
  CAPSTAN_TRY_VOID(options.finish());
  return connect_with(memory);
}

Result<std::shared_ptr<Store>> connect_file(const Url& url) {
  UrlOptions options(url);
  FileOptions file{.folder = url.rest};
  CAPSTAN_TRY(const bool durable, options.yes_or_no("sync", true));
  CAPSTAN_TRY(const bool make, options.yes_or_no("create", false));
  CAPSTAN_TRY(const std::uint64_t lease,
              options.duration_ms("lease", static_cast<std::uint64_t>(file.lock_lease.count())));
  CAPSTAN_TRY_VOID(options.finish());
  if (!durable) file.durable = FileOptions::Durable::no;
  if (make) file.missing = FileOptions::Missing::made;
  file.lock_lease = std::chrono::milliseconds(lease);
  return connect_with(file);
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
  if (url.scheme == "file") return connect_file(url);
  return fail(ErrorCode::invalid_argument,
              fmt::format("'{}' is no embedded key-value backend: it can be memory or file", url.shown()));
}

}  // namespace capstan::keyvalue
