#include <capstan/capability/messaging/connect.h>

#include <capstan/capability/messaging/memory.h>

#include <fmt/format.h>

#include <cstdlib>

namespace capstan::messaging {
namespace {

constexpr std::uint64_t count_max = 1'000'000'000;
constexpr std::uint64_t attempts_max = 1'000;

Result<std::shared_ptr<Broker>> connect_memory(const Url& url) {
  UrlOptions options(url);
  MemoryOptions to;
  CAPSTAN_TRY(to.queue_messages_max, options.count("messages", to.queue_messages_max, count_max));
  CAPSTAN_TRY(to.queue_bytes_max, options.bytes("queue-bytes", to.queue_bytes_max));
  CAPSTAN_TRY(to.message_bytes_max, options.bytes("message-bytes", to.message_bytes_max));
  CAPSTAN_TRY(to.subscriptions_max,
              options.count("subscriptions", to.subscriptions_max, count_max));
  CAPSTAN_TRY(to.waiting_max, options.count("waiting", to.waiting_max, count_max));
  CAPSTAN_TRY(to.requests_max, options.count("requests", to.requests_max, count_max));
  CAPSTAN_TRY(to.send_timeout_ms, options.duration_ms("send-timeout", to.send_timeout_ms));
  CAPSTAN_TRY(to.attempts_max, options.count("attempts", to.attempts_max, attempts_max));
  CAPSTAN_TRY(to.retry_delay_ms, options.duration_ms("retry-delay", to.retry_delay_ms));
  CAPSTAN_TRY_VOID(options.finish());
  auto broker = connect_with(to);
  if (!broker) return std::unexpected(std::move(broker).error().with_context(url.shown()));
  return broker;
}

}  // namespace

Result<std::shared_ptr<Broker>> connect() {
  const char* text = std::getenv("MESSAGING_URL");
  CAPSTAN_TRY(const Url url, Url::parse(text == nullptr ? "memory" : text));
  return connect(url);
}

Result<std::shared_ptr<Broker>> connect(const Url& url) {
  if (url.scheme == "memory") return connect_memory(url);
  return capstan::fail(ErrorCode::invalid_argument,
                       fmt::format("'{}' is no message broker: it can be memory", url.shown()));
}

}  // namespace capstan::messaging
