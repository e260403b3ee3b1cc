#include <capstan/capability/messaging/memory.h>

#include <capstan/capability/messaging/memory_state.h>
#include <capstan/capability/messaging/topic.h>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace capstan::messaging {
namespace {

using memory::Inbox;
using memory::State;
using memory::WaiterPtr;

// A send that waits, for as long as somebody waits for it.
class Waiting {
 public:
  Waiting(std::shared_ptr<State> state, WaiterPtr waiter)
      : state_(std::move(state)), waiter_(std::move(waiter)) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { state_->forget(waiter_); }
  [[nodiscard]] Task<Outcome<void>> result() const { return waiter_->result.wait(); }

 private:
  std::shared_ptr<State> state_;
  WaiterPtr waiter_;
};

Task<Outcome<void>> wait_for_room(std::unique_ptr<Waiting> waiting) {
  Task<Outcome<void>> put = waiting->result();
  co_return co_await std::move(put);
}

// A request in progress; the replies go nowhere once it ends.
class Requesting {
 public:
  Requesting(std::shared_ptr<State> state, std::shared_ptr<Inbox> inbox, std::uint64_t id,
             std::uint32_t timeout_ms)
      : state_(std::move(state)), id_(id) {
    timer_ = state_->timer().after(std::chrono::milliseconds(timeout_ms),
                                   [self = std::weak_ptr(state_), inbox = std::move(inbox)] {
                                     if (const auto alive = self.lock()) alive->expire(inbox);
                                   });
  }
  Requesting(const Requesting&) = delete;
  Requesting& operator=(const Requesting&) = delete;
  ~Requesting() {
    state_->timer().cancel(timer_);
    state_->close_inbox(id_);
  }

 private:
  std::shared_ptr<State> state_;
  std::uint64_t id_;
  Timer::Id timer_ = 0;
};

Task<Outcome<std::vector<Message>>> request_on(std::shared_ptr<State> state,
                                               std::shared_ptr<Message> message,
                                               std::uint32_t timeout_ms,
                                               std::uint32_t expected_replies) {
  auto inbox = std::make_shared<Inbox>();
  inbox->expected = expected_replies;
  const auto id = state->open_inbox(inbox);
  if (!id) co_return std::unexpected(id.error());
  message->reply_to = fmt::format("$inbox.{}", *id);
  const Requesting requesting(state, inbox, *id, timeout_ms);
  auto sent = state->send(std::move(message), inbox, timeout_ms);
  if (!sent) co_return std::unexpected(std::move(sent).error());
  if (*sent != nullptr) {
    Task<Outcome<void>> waiting = wait_for_room(std::make_unique<Waiting>(state, *sent));
    Outcome<void> put = co_await std::move(waiting);
    if (!put) co_return std::unexpected(std::move(put).error());
  }
  Task<Outcome<std::vector<Message>>> waiting = inbox->done.wait();
  co_return co_await std::move(waiting);
}

Task<void> wait_until(Completion<bool> completion) {
  Task<bool> waiting = completion.wait();
  co_await std::move(waiting);
}

class MemorySubscription final : public Subscription {
 public:
  MemorySubscription(std::shared_ptr<State> state, State::Place place)
      : state_(std::move(state)), place_(std::move(place)) {}
  ~MemorySubscription() override { (void)state_->close(place_); }
  Task<void> drain() override { return wait_until(state_->drain(place_)); }
  std::size_t close() override { return state_->close(place_); }

 private:
  std::shared_ptr<State> state_;  // shared with the broker and its clients
  State::Place place_;
};

class MemoryClient final : public Client {
 public:
  explicit MemoryClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

  Task<Outcome<void>> send(std::string topic, Message message) override {
    if (auto checked = check(topic, message); !checked)
      return std::unexpected(std::move(checked).error());
    message.topic = std::move(topic);
    message.reply_to.clear();
    auto waiter = state_->send(std::make_shared<Message>(std::move(message)), nullptr,
                               state_->send_timeout_ms());
    if (!waiter) return std::unexpected(std::move(waiter).error());
    if (*waiter == nullptr) return Outcome<void>();
    return wait_for_room(std::make_unique<Waiting>(state_, *std::move(waiter)));
  }

  Task<Outcome<std::vector<Message>>> request(std::string topic, Message message,
                                              std::uint32_t timeout_ms,
                                              std::uint32_t expected_replies) override {
    if (auto checked = check(topic, message); !checked)
      return std::unexpected(std::move(checked).error());
    if (expected_replies > expected_replies_max)
      return std::unexpected(
          Error{ErrorKind::other, fmt::format("{} replies are too many to expect: at most {} are "
                                              "allowed",
                                              expected_replies, expected_replies_max)});
    message.topic = std::move(topic);
    return request_on(state_, std::make_shared<Message>(std::move(message)), timeout_ms,
                      expected_replies);
  }

  Task<Outcome<void>> reply(std::string reply_to, Message message) override {
    if (reply_to.empty())
      return std::unexpected(
          Error{ErrorKind::other, "the message that is answered asks for no reply"});
    if (auto checked = state_->check(message); !checked)
      return std::unexpected(std::move(checked).error());
    message.topic.clear();
    message.reply_to.clear();
    state_->reply(reply_to, std::move(message));
    return Outcome<void>();
  }

  Task<Outcome<std::shared_ptr<Subscription>>> subscribe(std::string pattern,
                                                         SubscribeOptions options,
                                                         Handler handler) override {
    if (auto checked = check_pattern(pattern); !checked)
      return std::unexpected(std::move(checked).error());
    auto place = state_->subscribe(std::move(pattern), options, std::move(handler));
    if (!place) return std::unexpected(std::move(place).error());
    return Outcome<std::shared_ptr<Subscription>>(
        std::make_shared<MemorySubscription>(state_, *std::move(place)));
  }

 private:
  Outcome<void> check(std::string_view topic, const Message& message) const {
    if (auto checked = check_topic(topic); !checked) return checked;
    return state_->check(message);
  }

  std::shared_ptr<State> state_;  // shared with the broker and other clients
};

class MemoryBroker final : public Broker {
 public:
  explicit MemoryBroker(const MemoryOptions& options) : state_(std::make_shared<State>(options)) {}

  // There is one broker, whatever the name.
  Task<Outcome<std::shared_ptr<Client>>> connect(std::string /*name*/) override {
    return Outcome<std::shared_ptr<Client>>(std::make_shared<MemoryClient>(state_));
  }
  Task<void> idle() override { return wait_until(state_->idle()); }

 private:
  std::shared_ptr<State> state_;  // shared with clients and what is being delivered
};

}  // namespace

Result<std::shared_ptr<Broker>> connect_with(const MemoryOptions& options) {
  if (options.queue_messages_max == 0 || options.attempts_max == 0)
    return capstan::fail(ErrorCode::invalid_argument,
                         "a queue has room for at least one message, and each is tried at least "
                         "once");
  if (options.message_bytes_max > options.queue_bytes_max)
    return capstan::fail(
        ErrorCode::invalid_argument,
        fmt::format("messages of {} bytes have no room in a queue of {} bytes: make the queue "
                    "larger or the messages smaller",
                    options.message_bytes_max, options.queue_bytes_max));
  return std::make_shared<MemoryBroker>(options);
}

}  // namespace capstan::messaging
