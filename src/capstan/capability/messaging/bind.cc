#include <capstan/capability/messaging/bind.h>

#include <capstan/capability/messaging/guest_message.h>

#include <utility>

namespace capstan::messaging {
namespace {

namespace producer = wit::wasi::messaging::producer;
namespace request_reply = wit::wasi::messaging::request_reply;

using WitMessages = std::vector<std::unique_ptr<types::Message>>;

std::unexpected<types::Error> wit_failure(const Error& error) {
  return std::unexpected(to_wit(error));
}

class GuestClient final : public types::Client {
 public:
  explicit GuestClient(std::shared_ptr<messaging::Client> client) : client_(std::move(client)) {}
  std::expected<void, types::Error> disconnect() override {
    if (client_ == nullptr) return wit_failure(disconnected);
    client_ = nullptr;
    return {};
  }
  [[nodiscard]] Outcome<std::shared_ptr<messaging::Client>> get() const {
    if (client_ == nullptr) return std::unexpected(disconnected);
    return client_;
  }

 private:
  static inline const Error disconnected{ErrorKind::connection, "this client is disconnected"};
  std::shared_ptr<messaging::Client> client_;  // shared with calls in progress
};

// Every message and client of a component is one of ours: nobody else serves their interface.
const GuestMessage& ours(const types::Message& message) {
  return static_cast<const GuestMessage&>(message);
}
Outcome<std::shared_ptr<messaging::Client>> client_of(const types::Client& client) {
  return static_cast<const GuestClient&>(client).get();
}

Task<std::expected<void, types::Error>> translated(Task<Outcome<void>> task) {
  const Outcome<void> outcome = co_await std::move(task);
  if (!outcome) co_return wit_failure(outcome.error());
  co_return std::expected<void, types::Error>();
}

class Types final : public types::Host {
 public:
  Types(std::shared_ptr<Broker> broker, std::shared_ptr<Budget> budget)
      : broker_(std::move(broker)), budget_(std::move(budget)) {}

  Task<std::expected<std::unique_ptr<types::Client>, types::Error>> client_connect(
      std::string name) override {
    return connected(broker_->connect(std::move(name)));
  }
  std::unique_ptr<types::Message> make_message(std::span<const std::uint8_t> data) override {
    return std::make_unique<GuestMessage>(budget_, data);
  }

 private:
  static Task<std::expected<std::unique_ptr<types::Client>, types::Error>> connected(
      Task<Outcome<std::shared_ptr<Client>>> connecting) {
    Outcome<std::shared_ptr<Client>> client = co_await std::move(connecting);
    if (!client) co_return wit_failure(client.error());
    co_return std::make_unique<GuestClient>(*std::move(client));
  }

  std::shared_ptr<Broker> broker_;  // shared with the other brokers' owners
  std::shared_ptr<Budget> budget_;  // shared with the messages
};

class Producer final : public producer::Host {
 public:
  Task<std::expected<void, types::Error>> send(types::Client& c, types::Topic topic,
                                               std::unique_ptr<types::Message> message) override {
    auto client = client_of(c);
    if (!client) return wit_failure(client.error());
    Outcome<Message> sent = ours(*message).to_send();
    if (!sent) return wit_failure(sent.error());
    Task<Outcome<void>> sending = (*client)->send(std::move(topic), *std::move(sent));
    if (!sending.done()) return translated(std::move(sending));
    const Outcome<void> outcome = sending.take();  // nobody has to wait: without a coroutine
    if (!outcome) return wit_failure(outcome.error());
    return std::expected<void, types::Error>();
  }
};

class Options final : public request_reply::RequestOptions {
 public:
  void set_timeout_ms(std::uint32_t value) override { timeout_ms = value; }
  void set_expected_replies(std::uint32_t value) override { expected_replies = value; }

  std::uint32_t timeout_ms = request_timeout_ms_default;
  std::uint32_t expected_replies = 1;
};

class RequestReply final : public request_reply::Host {
 public:
  std::unique_ptr<request_reply::RequestOptions> make_request_options() override {
    return std::make_unique<Options>();
  }

  Task<std::expected<WitMessages, types::Error>> request(
      types::Client& c, types::Topic topic, types::Message& message,
      std::optional<std::unique_ptr<request_reply::RequestOptions>> options) override {
    auto client = client_of(c);
    if (!client) return wit_failure(client.error());
    Outcome<Message> sent = ours(message).to_send();
    if (!sent) return wit_failure(sent.error());
    const Options otherwise;
    const Options& how = options ? static_cast<const Options&>(**options) : otherwise;
    return received(*client, (*client)->request(std::move(topic), *std::move(sent), how.timeout_ms,
                                                how.expected_replies));
  }

  Task<std::expected<void, types::Error>> reply(types::Message& reply_to,
                                                std::unique_ptr<types::Message> message) override {
    const GuestMessage& request = ours(reply_to);
    if (request.client() == nullptr || request.message().reply_to.empty())
      return wit_failure({ErrorKind::other, "the message that is answered asks for no reply"});
    Outcome<Message> sent = ours(*message).to_send();
    if (!sent) return wit_failure(sent.error());
    return translated(request.client()->reply(request.message().reply_to, *std::move(sent)));
  }

 private:
  static Task<std::expected<WitMessages, types::Error>> received(
      std::shared_ptr<Client> client, Task<Outcome<std::vector<Message>>> requesting) {
    Outcome<std::vector<Message>> replies = co_await std::move(requesting);
    if (!replies) co_return wit_failure(replies.error());
    WitMessages messages;
    for (Message& reply : *replies)
      messages.push_back(std::make_unique<GuestMessage>(std::move(reply), client));
    co_return messages;
  }
};

}  // namespace

Result<void> bind(LinkerBase& linker, const std::shared_ptr<Broker>& broker,
                  const BindOptions& options) {
  auto budget = std::make_shared<Budget>(options.held_bytes_max);
  CAPSTAN_TRY_VOID(linker.add(
      types::shape, host::serve_shared<types::Host>(std::make_shared<Types>(broker, budget))));
  CAPSTAN_TRY_VOID(linker.add(producer::shape,
                              host::serve_shared<producer::Host>(std::make_shared<Producer>())));
  return linker.add(request_reply::shape,
                    host::serve_shared<request_reply::Host>(std::make_shared<RequestReply>()));
}

}  // namespace capstan::messaging
