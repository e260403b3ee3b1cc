// Messaging, as Capstan sees it: messages that are sent to topics and delivered to who subscribed.
//
// What a backend implements and what the dialect of WIT (bind.h) is translated to; it knows nothing
// of WebAssembly. Topics and patterns: topic.h. All backends behave alike (conformance_testing.h
// says how):
//
//   who gets it   every subscriber whose pattern matches; of those that share a group, one
//   nobody there  sending is done at once; a request is an error
//   full          a queue has an end: who sends waits for room, for a bounded time, and then gets
//                 a `timeout`. What was accepted is not lost while its subscriber is there
//   order         what one sender sends to one topic is delivered to a subscriber in that order;
//                 one after the other if it takes one at a time, otherwise at the same time
//   failures      a message that is rejected comes again after a delay, a bounded number of times,
//                 perhaps to another member of the group. It keeps its place among those that its
//                 subscriber works on. At last it goes to the topic "$dead." + its own, with what
//                 happened in its metadata; if nobody subscribed to that, it is gone
//   requests      give the real replies. `expected_replies` 1 (what is meant without options) or n
//                 waits for so many; when the time is over, what came is the result, and nothing
//                 at all is a `timeout`. 0 takes everything that comes until the time is over,
//                 which may be nothing. When all who got the request failed for good, that is an
//                 error without waiting for the end of the time
//   replies       to somebody who no longer waits are done and go nowhere
//
// Functions may begin before their task is polled first, and finish at once where nobody has to
// wait. Threads: everything here may be used from any number of threads; handlers are called on
// any.
#pragma once

#include <capstan/base/bytes.h>
#include <capstan/base/task.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::messaging {

enum class ErrorKind : std::uint8_t { timeout, connection, permission_denied, other };

struct Error {
  ErrorKind kind = ErrorKind::other;
  std::string message;  // one sentence; for `timeout`, what was waited for

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Outcome = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

// Names and values in their order; a name may be there more than once.
using Metadata = std::vector<std::pair<std::string, std::string>>;

class Message {
 public:
  Message() = default;
  explicit Message(Bytes data_in) : data(std::move(data_in)) {}

  std::string topic;  // where it was sent; empty before
  std::optional<std::string> content_type;
  Bytes data;
  Metadata metadata;
  std::string reply_to;  // where replies go, for the broker alone; empty: none are expected
};

// What a message adds when it is given up, in this order; then come those it had.
inline constexpr std::string_view dead_topic_prefix = "$dead.";
inline constexpr std::string_view dead_topic_key = "capstan-dead-topic";        // where it was sent
inline constexpr std::string_view dead_error_key = "capstan-dead-error";        // the last error
inline constexpr std::string_view dead_attempts_key = "capstan-dead-attempts";  // how often

inline constexpr std::uint32_t request_timeout_ms_default = 5'000;
inline constexpr std::uint32_t expected_replies_max = 1'000;

// Hears what became of a delivery, once; a broker's.
class Settlement {
 public:
  virtual ~Settlement() = default;
  virtual void acknowledge() = 0;
  virtual void reject(std::string error) = 0;
};

// One message on its way to one subscriber, who says what became of it; it is rejected when nobody
// did.
class Delivery {
 public:
  Delivery(std::shared_ptr<const Message> message, std::uint32_t attempt,
           std::uint32_t attempts_max, std::unique_ptr<Settlement> settlement)
      : message_(std::move(message)),
        attempt_(attempt),
        attempts_max_(attempts_max),
        settlement_(std::move(settlement)) {}
  Delivery(Delivery&&) noexcept = default;
  Delivery& operator=(Delivery&&) noexcept = default;
  ~Delivery() { reject("it was given up before it was handled"); }

  [[nodiscard]] const Message& message() const { return *message_; }
  // 1 for the first time.
  [[nodiscard]] std::uint32_t attempt() const { return attempt_; }
  // Rejected at this attempt, it becomes a dead letter.
  [[nodiscard]] std::uint32_t attempts_max() const { return attempts_max_; }

  void acknowledge() {
    if (const auto once = std::move(settlement_)) once->acknowledge();
  }
  void reject(std::string error) {
    if (const auto once = std::move(settlement_)) once->reject(std::move(error));
  }

 private:
  std::shared_ptr<const Message> message_;  // shared with other subscribers
  std::uint32_t attempt_;
  std::uint32_t attempts_max_;
  std::unique_ptr<Settlement> settlement_;
};

// Called for each delivery of one subscription, one call at a time and in order. It must not block
// and not throw: it hands the delivery over to whoever does the work.
using Handler = std::function<void(Delivery delivery)>;

class SubscribeOptions {
 public:
  SubscribeOptions() = default;

  std::string group;  // empty: none
  // How many messages this subscriber works on at once, those that wait to come again included.
  std::uint32_t in_flight_max = 64;
};

// While it lives, messages are delivered; a handler in the middle of a call may outlive it.
class Subscription {
 public:
  virtual ~Subscription() = default;  // as close()

  // Takes no new messages and finishes when those it had are settled.
  [[nodiscard]] virtual Task<void> drain() = 0;
  // Ends at once. Says how many messages nobody will handle now.
  virtual std::size_t close() = 0;
};

// A connection to a broker. It ends with its last owner.
class Client {
 public:
  virtual ~Client() = default;

  [[nodiscard]] virtual Task<Outcome<void>> send(std::string topic, Message message) = 0;
  [[nodiscard]] virtual Task<Outcome<std::vector<Message>>> request(
      std::string topic, Message message, std::uint32_t timeout_ms,
      std::uint32_t expected_replies) = 0;
  // `reply_to` is that of the message which is answered.
  [[nodiscard]] virtual Task<Outcome<void>> reply(std::string reply_to, Message message) = 0;
  [[nodiscard]] virtual Task<Outcome<std::shared_ptr<Subscription>>> subscribe(
      std::string pattern, SubscribeOptions options, Handler handler) = 0;
};

class Broker {
 public:
  virtual ~Broker() = default;

  // `name` says which one, where there are several.
  [[nodiscard]] virtual Task<Outcome<std::shared_ptr<Client>>> connect(std::string name) = 0;
  // Finishes at a moment when nothing that came to this process's subscriptions is left to do.
  [[nodiscard]] virtual Task<void> idle() = 0;
};

}  // namespace capstan::messaging
