#include <capstan/capability/logging/connect.h>

#include <fmt/format.h>

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace capstan::logging {
namespace {

constexpr std::uint64_t message_bytes_most = std::uint64_t{16} << 20;
constexpr std::uint64_t lines_per_second_most = 1'000'000'000;

std::unexpected<Error> wrong(const Url& url, std::string_view option, std::string_view why) {
  return fail(ErrorCode::invalid_argument, fmt::format("'{}': {}: {}", url.shown(), option, why));
}

Result<Format> read_format(UrlOptions& options, const Url& url) {
  CAPSTAN_TRY(const std::string text, options.text("format", "human"));
  if (text == "human") return Format::human;
  if (text == "json") return Format::json;
  return wrong(url, "format", fmt::format("'{}' is no format: write human or json", text));
}

Result<SinkOptions> read_options(const Url& url) {
  UrlOptions options(url);
  SinkOptions sink;
  CAPSTAN_TRY(const std::string level, options.text("level", "trace"));
  auto least = parse_level(level);
  if (!least) return wrong(url, "level", least.error().message());
  sink.least = *least;
  CAPSTAN_TRY(sink.style.format, read_format(options, url));
  CAPSTAN_TRY(sink.style.timestamps, options.yes_or_no("timestamps", false));
  CAPSTAN_TRY(sink.style.components, options.yes_or_no("components", false));
  CAPSTAN_TRY(sink.style.message_bytes_max, options.bytes("message-bytes", message_bytes_default));
  if (sink.style.message_bytes_max > message_bytes_most)
    return wrong(url, "message-bytes", fmt::format("at most {} are allowed", message_bytes_most));
  CAPSTAN_TRY(sink.lines_per_second, options.count("lines-per-second", 0, lines_per_second_most));
  CAPSTAN_TRY_VOID(options.finish());
  return sink;
}

}  // namespace

Result<std::shared_ptr<Sink>> connect() {
  const char* address = std::getenv("CAPSTAN_LOGGING");
  if (address == nullptr || *address == '\0') return make_stream_sink(STDERR_FILENO, {});
  CAPSTAN_TRY(const Url url, Url::parse(address));
  return connect(url);
}

Result<std::shared_ptr<Sink>> connect(const Url& url) {
  if (url.scheme == "none") {
    CAPSTAN_TRY_VOID(UrlOptions(url).finish());
    return make_silent_sink();
  }
  if (url.scheme != "stderr" && url.scheme != "file")
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("messages cannot go to '{}': it is stderr, file:PATH or none", url.shown()));
  CAPSTAN_TRY(const SinkOptions options, read_options(url));
  if (url.scheme == "file") return make_file_sink(url.rest, options);
  return make_stream_sink(STDERR_FILENO, options);
}

}  // namespace capstan::logging
