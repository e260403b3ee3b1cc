#include <capstan/capability/config/connect.h>

#include <capstan/capability/config/file.h>

#include <fmt/format.h>

#include <cstdlib>
#include <string>

namespace capstan::config {
namespace {

Result<FileFormat> read_format(UrlOptions& options, const Url& url) {
  CAPSTAN_TRY(const std::string text, options.text("format", ""));
  if (text.empty()) return FileFormat::by_name;
  if (text == "toml") return FileFormat::toml;
  if (text == "lines") return FileFormat::lines;
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("'{}': format: '{}' is no format: write toml or lines", url.shown(), text));
}

}  // namespace

Result<std::shared_ptr<Source>> connect() {
  const char* address = std::getenv("CAPSTAN_CONFIG");
  if (address == nullptr || *address == '\0') return connect_with(FixedOptions{});
  CAPSTAN_TRY(const Url url, Url::parse(address));
  return connect(url, {});
}

Result<std::shared_ptr<Source>> connect(const Url& url, const Values& granted) {
  UrlOptions options(url);
  if (url.scheme == "options") {
    CAPSTAN_TRY_VOID(options.finish());
    return connect_with(FixedOptions{granted});
  }
  if (url.scheme == "file") {
    FileOptions file{.path = url.rest, .format = {}, .over = granted};
    CAPSTAN_TRY(file.format, read_format(options, url));
    CAPSTAN_TRY_VOID(options.finish());
    return connect_with(file);
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("values cannot come from '{}': it is options or file:PATH", url.shown()));
}

}  // namespace capstan::config
