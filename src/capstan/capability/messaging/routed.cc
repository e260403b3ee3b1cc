#include <capstan/capability/messaging/routed.h>

#include <capstan/capability/messaging/topic.h>

#include <fmt/format.h>

#include <utility>

namespace capstan::messaging {
namespace {

// Messages with the topics as the application knows them.
Message inside(const TopicSpace& space, Message message) {
  if (!message.topic.empty()) message.topic = space.inside(message.topic);
  if (message.topic.starts_with(dead_topic_prefix) && !message.metadata.empty() &&
      message.metadata.front().first == dead_topic_key)
    message.metadata.front().second = space.inside(message.metadata.front().second);
  return message;
}

class OtherSettlement final : public Settlement {
 public:
  explicit OtherSettlement(Delivery delivery) : delivery_(std::move(delivery)) {}
  void acknowledge() override { delivery_.acknowledge(); }
  void reject(std::string error) override { delivery_.reject(std::move(error)); }

 private:
  Delivery delivery_;
};

// A client whose topics are those of one application.
class SpaceClient final : public Client {
 public:
  SpaceClient(std::shared_ptr<Client> client, std::string_view application)
      : client_(std::move(client)), space_(std::make_shared<const TopicSpace>(application)) {}

  Task<Outcome<void>> send(std::string topic, Message message) override {
    if (auto checked = check_topic(topic); !checked)
      return std::unexpected(std::move(checked).error());
    return client_->send(space_->outside(topic), std::move(message));
  }
  Task<Outcome<std::vector<Message>>> request(std::string topic, Message message,
                                              std::uint32_t timeout_ms,
                                              std::uint32_t expected_replies) override {
    if (auto checked = check_topic(topic); !checked)
      return std::unexpected(std::move(checked).error());
    return client_->request(space_->outside(topic), std::move(message), timeout_ms,
                            expected_replies);
  }
  Task<Outcome<void>> reply(std::string reply_to, Message message) override {
    return client_->reply(std::move(reply_to), std::move(message));
  }
  Task<Outcome<std::shared_ptr<Subscription>>> subscribe(std::string pattern,
                                                         SubscribeOptions options,
                                                         Handler handler) override {
    if (auto checked = check_pattern(pattern); !checked)
      return std::unexpected(std::move(checked).error());
    auto translate = [space = space_, handler = std::move(handler)](Delivery delivery) {
      auto message = std::make_shared<const Message>(inside(*space, delivery.message()));
      const std::uint32_t attempt = delivery.attempt();
      const std::uint32_t attempts_max = delivery.attempts_max();
      handler(Delivery(std::move(message), attempt, attempts_max,
                       std::make_unique<OtherSettlement>(std::move(delivery))));
    };
    return client_->subscribe(space_->outside(pattern), std::move(options), std::move(translate));
  }

 private:
  std::shared_ptr<Client> client_;           // shared with nobody else, mostly
  std::shared_ptr<const TopicSpace> space_;  // shared with subscriptions
};

class RoutedBroker final : public Broker {
 public:
  RoutedBroker(std::shared_ptr<const capability::Names> names, std::vector<Route> routes)
      : names_(std::move(names)), routes_(std::move(routes)) {}

  Task<Outcome<std::shared_ptr<Client>>> connect(std::string name) override {
    const auto place = names_->find(name);
    if (!place)
      return std::unexpected(
          Error{ErrorKind::permission_denied,
                fmt::format("'{}' is not among the names this component may use", name)});
    const Route& route = routes_[place->backend];
    return connect_to(route.broker, route.application, std::move(name));
  }

  Task<void> idle() override { return idle_all(routes_); }

 private:
  static Task<Outcome<std::shared_ptr<Client>>> connect_to(std::shared_ptr<Broker> broker,
                                                           std::string application,
                                                           std::string name) {
    Task<Outcome<std::shared_ptr<Client>>> connecting = broker->connect(std::move(name));
    Outcome<std::shared_ptr<Client>> client = co_await std::move(connecting);
    if (!client || application.empty()) co_return client;
    co_return Outcome<std::shared_ptr<Client>>(
        std::make_shared<SpaceClient>(*std::move(client), application));
  }
  // One after the other.
  static Task<void> idle_all(std::vector<Route> routes) {
    for (const Route& route : routes) {
      Task<void> idle = route.broker->idle();
      co_await std::move(idle);
    }
  }

  std::shared_ptr<const capability::Names> names_;
  std::vector<Route> routes_;
};

}  // namespace

std::shared_ptr<Broker> make_routed_broker(std::shared_ptr<const capability::Names> names,
                                           std::vector<Route> routes) {
  return std::make_shared<RoutedBroker>(std::move(names), std::move(routes));
}

}  // namespace capstan::messaging
