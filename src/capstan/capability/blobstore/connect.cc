#include <capstan/capability/blobstore/connect.h>

#include <capstan/capability/blobstore/file.h>
#include <capstan/capability/blobstore/memory.h>

#include <fmt/format.h>

#include <cstdlib>
#include <limits>

namespace capstan::blobstore {
namespace {

constexpr std::uint64_t any_count = std::numeric_limits<std::uint32_t>::max();

Result<std::shared_ptr<Store>> connect_memory(const Url& url) {
  MemoryOptions limits;
  UrlOptions options(url);
  CAPSTAN_TRY(limits.bytes_max, options.bytes("bytes", limits.bytes_max));
  CAPSTAN_TRY(limits.objects_max, options.count("objects", limits.objects_max, any_count));
  CAPSTAN_TRY(limits.containers_max, options.count("containers", limits.containers_max, any_count));
  CAPSTAN_TRY_VOID(options.finish());
  return connect_with(limits);
}

Result<std::shared_ptr<Store>> connect_file(const Url& url) {
  FileOptions file;
  file.folder = url.rest;
  UrlOptions options(url);
  CAPSTAN_TRY(const bool sync, options.yes_or_no("sync", true));
  file.sync = sync ? Sync::yes : Sync::no;
  CAPSTAN_TRY(file.object_bytes_max, options.bytes("object-bytes", file.object_bytes_max));
  CAPSTAN_TRY(file.open_max, options.count("open", file.open_max, any_count));
  CAPSTAN_TRY_VOID(options.finish());
  return connect_with(file);
}

}  // namespace

Result<std::shared_ptr<Store>> connect(const Url& url) {
  if (url.scheme == "memory") return connect_memory(url);
  if (url.scheme == "file") return connect_file(url);
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("'{}' is no address of a blobstore: it can be memory or file:DIR", url.shown()));
}

Result<std::shared_ptr<Store>> connect() {
  if (const char* address = std::getenv("BLOBSTORE_URL")) {
    CAPSTAN_TRY(const Url url, Url::parse(address));
    return connect(url);
  }
  if (const char* root = std::getenv("FILESYSTEM_ROOT")) {
    FileOptions options;
    options.folder = fmt::format("{}/blobstore", root);
    return connect_with(options);
  }
  return connect_with(MemoryOptions());
}

}  // namespace capstan::blobstore
