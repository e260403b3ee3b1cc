#include <capstan/capability/vault/connect.h>

#include <capstan/capability/vault/file.h>
#include <capstan/capability/vault/memory.h>

#include <fmt/format.h>

#include <cstdlib>
#include <string>

namespace capstan::vault {
namespace {

constexpr std::uint64_t secrets_most = 1'000'000;
constexpr std::uint64_t bytes_most = std::uint64_t{128} << 20;

Result<Limits> read_limits(UrlOptions& options, const Url& url) {
  Limits limits;
  CAPSTAN_TRY(limits.secrets_max, options.count("secrets", limits.secrets_max, secrets_most));
  CAPSTAN_TRY(limits.bytes_max, options.bytes("bytes", limits.bytes_max));
  if (limits.bytes_max > bytes_most)
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("'{}': bytes: a vault holds at most {} bytes", url.shown(), bytes_most));
  return limits;
}

Result<std::shared_ptr<Store>> connect_memory(const Url& url) {
  UrlOptions options(url);
  MemoryOptions memory;
  CAPSTAN_TRY(memory.limits, read_limits(options, url));
  CAPSTAN_TRY_VOID(options.finish());
  return connect_with(memory);
}

Result<std::shared_ptr<const Key>> read_key(UrlOptions& options, const Url& url) {
  CAPSTAN_TRY(const std::string key, options.text("key-env", ""));
  CAPSTAN_TRY(const std::string passphrase, options.text("passphrase-env", ""));
  if (!key.empty() && !passphrase.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' has a key-env and a passphrase-env: a vault has one of the two",
                            url.shown()));
  if (!passphrase.empty()) return Key::from_environment(passphrase, KeyKind::passphrase);
  return Key::from_environment(key.empty() ? default_key_variable : std::string_view(key),
                               KeyKind::raw);
}

Result<std::shared_ptr<Store>> connect_file(const Url& url) {
  UrlOptions options(url);
  FileOptions file;
  file.path = url.rest;
  CAPSTAN_TRY(file.limits, read_limits(options, url));
  CAPSTAN_TRY(const bool read_only, options.yes_or_no("read-only", false));
  if (read_only) file.access = Access::read_only;
  CAPSTAN_TRY(file.key, read_key(options, url));
  CAPSTAN_TRY_VOID(options.finish());
  return connect_with(file);
}

}  // namespace

Result<std::shared_ptr<Store>> connect() {
  const char* address = std::getenv("CAPSTAN_VAULT");
  if (address == nullptr || *address == '\0') return connect_with(MemoryOptions());
  CAPSTAN_TRY(const Url url, Url::parse(address));
  return connect(url);
}

Result<std::shared_ptr<Store>> connect(const Url& url) {
  if (url.scheme == "memory") return connect_memory(url);
  if (url.scheme == "file") return connect_file(url);
  return fail(ErrorCode::invalid_argument,
              fmt::format("a vault cannot be '{}': it is memory or file:PATH", url.shown()));
}

}  // namespace capstan::vault
