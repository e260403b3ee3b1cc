// The embedded message broker: queues in this process's memory, gone when it ends.
//
//   auto broker = messaging::connect_with(messaging::MemoryOptions{});
//
// Every subscription, and every group of subscriptions with one pattern, has a queue. Members of a
// group take turns; if patterns of one group overlap, a message goes to the shorter queue. Topics
// need not be made and cost nothing. All queues share one lock; handlers run on the threads that
// send and settle.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/messaging/messaging.h>

#include <cstdint>
#include <memory>

namespace capstan::messaging {

// In the address: memory?messages=1024&queue-bytes=64MiB&...
struct MemoryOptions {
  std::uint64_t queue_messages_max = 1024;                   // messages
  std::uint64_t queue_bytes_max = std::uint64_t{64} << 20;   // queue-bytes
  std::uint64_t message_bytes_max = std::uint64_t{8} << 20;  // message-bytes
  std::uint64_t subscriptions_max = 1000;                    // subscriptions
  std::uint64_t waiting_max = 10'000;                        // waiting: sends, for room
  std::uint64_t requests_max = 10'000;                       // requests: that wait
  std::uint64_t send_timeout_ms = 10'000;                    // send-timeout
  std::uint64_t attempts_max = 5;                            // attempts
  std::uint64_t retry_delay_ms = 100;  // retry-delay: before the second attempt; then it doubles
};

// A message's metadata, whatever the options say. Bytes count names and values.
inline constexpr std::size_t metadata_entries_max = 1024;
inline constexpr std::size_t metadata_bytes_max = std::size_t{64} << 10;
inline constexpr std::uint64_t retry_delay_ms_max = 30'000;
// Of one request, together.
inline constexpr std::uint64_t reply_bytes_max = std::uint64_t{64} << 20;

[[nodiscard]] Result<std::shared_ptr<Broker>> connect_with(const MemoryOptions& options);

}  // namespace capstan::messaging
