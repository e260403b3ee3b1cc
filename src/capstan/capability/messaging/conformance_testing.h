// What every message broker must do, as tests (TEST_P in conformance_testing.cc).
//
//   INSTANTIATE_TEST_SUITE_P(Memory, MessagingConformance, testing::Values(&make_memory));
//
// and what they and other tests of messaging share.
#pragma once

#include <capstan/capability/messaging/messaging.h>

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace capstan::messaging {

// A broker in small, so that its ends are near.
struct SmallBroker {
  std::uint64_t queue_messages_max = 4;
  std::uint64_t message_bytes_max = 4096;
  std::uint64_t send_timeout_ms = 50;
  std::uint64_t attempts_max = 3;
  std::uint64_t retry_delay_ms = 2;
};
using MakeBroker = std::shared_ptr<Broker> (*)(const SmallBroker& wanted);

class MessagingConformance : public testing::TestWithParam<MakeBroker> {
 protected:
  // A fresh broker that nobody else uses.
  void use(const SmallBroker& wanted);
  void SetUp() override { use({}); }

  std::shared_ptr<Broker> broker_;
  std::shared_ptr<Client> client_;
};

// A message with this text.
[[nodiscard]] Message text_message(std::string_view text);

// A subscriber that keeps what comes.
class Collector {
 public:
  enum class Then : std::uint8_t { acknowledge, reject, hold };

  explicit Collector(Then then = Then::acknowledge) : state_(std::make_shared<State>(then)) {}
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  // A delivery keeps its subscriber's handler, which keeps those that are held: nothing of that
  // would ever end.
  ~Collector() {
    for (Delivery& delivery : take_held()) delivery.acknowledge();
  }

  [[nodiscard]] Handler handler() const;
  // Waits until so many came, and a little less than forever; "orders.new=hello" of each.
  [[nodiscard]] std::vector<std::string> wait_for(std::size_t count) const;
  [[nodiscard]] std::size_t count() const;
  // Those that are held, which are then no longer.
  [[nodiscard]] std::vector<Delivery> take_held() const;
  [[nodiscard]] std::vector<Message> messages() const;
  [[nodiscard]] std::vector<std::uint32_t> attempts() const;

 private:
  struct State {
    explicit State(Then then_in) : then(then_in) {}
    const Then then;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Message> messages;
    std::vector<std::uint32_t> attempts;
    std::vector<Delivery> held;
  };
  std::shared_ptr<State> state_;  // shared with the handlers
};

// Subscribes, and fails the test when that is refused.
[[nodiscard]] std::shared_ptr<Subscription> subscribe(Client& client, std::string pattern,
                                                      Handler handler, std::string group = "",
                                                      std::uint32_t in_flight_max = 64);

// The error's text, or what says that there was none.
template <typename T>
[[nodiscard]] std::string error_of(const Outcome<T>& outcome) {
  return outcome ? "(no error)" : outcome.error().message;
}

}  // namespace capstan::messaging
