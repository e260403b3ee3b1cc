#include <capstan/capability/messaging/routed.h>

#include <capstan/capability/messaging/conformance_testing.h>
#include <capstan/capability/messaging/memory.h>

namespace capstan::messaging {
namespace {

using Texts = std::vector<std::string>;

std::shared_ptr<Broker> memory_broker() { return *connect_with(MemoryOptions{.attempts_max = 1}); }
std::shared_ptr<Client> connect(Broker& broker, std::string name) {
  return *block_on(broker.connect(std::move(name)));
}

// The default broker and one labelled "orders", as the application "shop" sees them.
std::shared_ptr<Broker> shop(const std::shared_ptr<Broker>& main,
                             const std::shared_ptr<Broker>& orders) {
  auto names = std::make_shared<capability::Names>(
      std::vector<capability::Placement>{{.label = "", .namespace_ = "shop"},
                                         {.label = "orders", .namespace_ = ""}},
      std::nullopt);
  return make_routed_broker(std::move(names), {Route{main, "shop"}, Route{orders, ""}});
}

TEST(RoutedBroker, ANameThatIsNotAllowedIsRefused) {
  const auto main = memory_broker();
  auto names = std::make_shared<capability::Names>(
      std::vector<capability::Placement>{{.label = "", .namespace_ = ""}},
      std::set<std::string, std::less<>>{"orders"});
  const auto broker = make_routed_broker(std::move(names), {Route{main, ""}});

  const auto refused = block_on(broker->connect("secrets"));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::permission_denied);
  EXPECT_EQ(refused.error().message, "'secrets' is not among the names this component may use");
  EXPECT_TRUE(block_on(broker->connect("orders")));
}

TEST(RoutedBroker, ALabelLeadsToItsBroker) {
  const auto main = memory_broker();
  const auto orders = memory_broker();
  const auto broker = shop(main, orders);
  const Collector seen;
  const auto subscription = subscribe(*connect(*orders, ""), ">", seen.handler());

  EXPECT_TRUE(block_on(connect(*broker, "orders")->send("new", text_message("1"))));
  EXPECT_TRUE(block_on(connect(*broker, "other")->send("new", text_message("2"))));

  EXPECT_EQ(seen.wait_for(1), Texts{"new=1"});
}

TEST(RoutedBroker, TopicsAreTheApplicationsOwn) {
  const auto main = memory_broker();
  const auto broker = shop(main, memory_broker());
  const Collector outside;
  const Collector inside;
  const auto one = subscribe(*connect(*main, ""), ">", outside.handler());
  const auto two = subscribe(*connect(*broker, ""), "orders.*", inside.handler());

  EXPECT_TRUE(block_on(connect(*broker, "x")->send("orders.new", text_message("book"))));
  EXPECT_TRUE(block_on(connect(*main, "")->send("orders.new", text_message("of others"))));
  block_on(broker->idle());

  EXPECT_EQ(outside.wait_for(2), (Texts{"shop.orders.new=book", "orders.new=of others"}));
  EXPECT_EQ(inside.wait_for(1), Texts{"orders.new=book"});
}

TEST(RoutedBroker, DeadLettersAreTheApplicationsOwn) {
  const auto broker = shop(memory_broker(), memory_broker());
  const auto client = connect(*broker, "");
  const Collector failing(Collector::Then::reject);
  const Collector dead;
  const auto one = subscribe(*client, "orders", failing.handler());
  const auto two = subscribe(*client, "$dead.>", dead.handler());

  EXPECT_TRUE(block_on(client->send("orders", text_message("x"))));

  EXPECT_EQ(dead.wait_for(1), Texts{"$dead.orders=x"});
  EXPECT_EQ(dead.messages().at(0).metadata.at(0),
            (std::pair<std::string, std::string>("capstan-dead-topic", "orders")));
}

TEST(RoutedBroker, RequestsWork) {
  const auto broker = shop(memory_broker(), memory_broker());
  const auto client = connect(*broker, "");
  const auto service = subscribe(*client, "echo", [client](Delivery delivery) {
    const Message& message = delivery.message();
    EXPECT_EQ(message.topic, "echo");
    EXPECT_TRUE(block_on(client->reply(message.reply_to, text_message("yes"))));
    delivery.acknowledge();
  });

  const auto replies = block_on(client->request("echo", text_message("?"), 20'000, 1));

  ASSERT_TRUE(replies) << replies.error().message;
  EXPECT_EQ(replies->at(0).data.text(), "yes");
}

TEST(RoutedBroker, TheBrokersOwnTopicsAreRefusedBeforeTheyGetAnotherName) {
  const auto broker = shop(memory_broker(), memory_broker());

  const auto refused = block_on(connect(*broker, "")->send("$dead.x", text_message("")));

  EXPECT_EQ(error_of(refused), "'$dead.x' begins with '$': such topics are the broker's own");
}

}  // namespace
}  // namespace capstan::messaging
