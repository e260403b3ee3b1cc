// Messaging through components, of `func` and of `async func`: what they send and how they are
// called. The test stands at the broker.
#include <capstan/capability/messaging/bind.h>
#include <capstan/capability/messaging/handler.h>
#include <capstan/capability/messaging/memory.h>
#include <capstan/capability/messaging/routed.h>
#include <capstan/host/engine.h>
#include <capstan/platform/events.h>

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace capstan::messaging {
namespace {

using Texts = std::vector<std::string>;

// What came to a topic, "topic=data".
class Seen {
 public:
  Seen(Client& client, std::string pattern, bool answers = false)
      : state_(std::make_shared<State>()) {
    auto handler = [state = state_, answers, &client](Delivery delivery) {
      const Message& message = delivery.message();
      if (answers) {
        const std::string text = "re: " + std::string(message.data.text());
        (void)block_on(client.reply(message.reply_to, Message(Bytes::copy_of(text))));
      }
      const std::lock_guard lock(state->mutex);
      state->messages.push_back(message);
      delivery.acknowledge();
      state->changed.notify_all();
    };
    subscription_ = *block_on(client.subscribe(std::move(pattern), {}, std::move(handler)));
  }
  std::vector<Message> wait_for(std::size_t count) {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, std::chrono::seconds(20),
                             [&] { return state_->messages.size() >= count; });
    return state_->messages;
  }
  Texts texts(std::size_t count) {
    Texts all;
    for (const Message& message : wait_for(count))
      all.push_back(message.topic + "=" + std::string(message.data.text()));
    return all;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Message> messages;
  };
  std::shared_ptr<State> state_;  // shared with the handler
  std::shared_ptr<Subscription> subscription_;
};

class MessagingComponent : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { use({.attempts_max = 2, .retry_delay_ms = 1}); }

  void use(const MemoryOptions& options, const BindOptions& bind_options = {}) {
    broker_ = *connect_with(options);
    client_ = *block_on(broker_->connect(""));
    auto names = std::make_shared<capability::Names>(
        std::vector<capability::Placement>{{.label = "", .namespace_ = ""}},
        std::set<std::string, std::less<>>{"", "orders"});
    routed_ = make_routed_broker(std::move(names), {Route{broker_, ""}});
    Engine engine = *Engine::create({.interruptible = true, .cache = false});
    Linker<> linker(engine);
    ASSERT_TRUE(messaging::bind(linker, routed_, bind_options));
    auto prepared = linker.prepare(*engine.load_file(GetParam()));
    ASSERT_TRUE(prepared) << prepared.error().message();
    prepared_.emplace(*std::move(prepared));
  }

  // What the guest says after doing it.
  std::string act(std::string_view what, std::string_view topic = "", std::string_view text = "") {
    Store<> store;
    const auto instance = prepared_->instantiate(store);
    if (!instance) return "failed: " + instance.error().message();
    std::string arguments;
    for (const std::string_view argument : {what, topic, text})
      arguments.append(arguments.empty() ? "\"" : ", \"").append(argument).append("\"");
    const auto result = instance->invoke("", "act", arguments);
    if (!result) return "failed: " + result.error().message();
    std::string said = result->substr(1, result->size() - 2);
    std::erase(said, '\\');  // how WAVE writes an apostrophe
    return said;
  }

  // From now on the component is called for what comes to `pattern`.
  void handle(std::string pattern, std::uint64_t deadline_ms = 0) {
    platform::RunSettings settings;
    settings.subscriptions.push_back({.pattern = std::move(pattern), .group = "", .label = ""});
    shared_.messaging = routed_;
    shared_.messaging_for_operator = routed_;
    StoreOptions options;
    options.limits.deadline_ms = deadline_ms;
    const auto callee = std::make_shared<const platform::Callee>(
        platform::Callee{.prepared = *prepared_, .options = options, .name = "tool"});
    auto events = platform::Events::start(callee, settings, shared_, [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      reports_.emplace_back(line);
    });
    ASSERT_TRUE(events) << events.error().message();
    events_ = *std::move(events);
  }
  void settle() {
    const auto settled = events_->settle(std::nullopt);
    ASSERT_TRUE(settled) << settled.error().message();
  }
  std::string send(std::string topic, std::string_view text) {
    const auto sent = block_on(client_->send(std::move(topic), Message(Bytes::copy_of(text))));
    return sent ? "sent" : sent.error().message;
  }

  std::shared_ptr<Broker> broker_;
  std::shared_ptr<Client> client_;
  std::shared_ptr<Broker> routed_;
  std::optional<PreparedComponent<>> prepared_;
  platform::SharedBackends shared_;
  std::mutex mutex_;
  Texts reports_;
  std::unique_ptr<platform::Events> events_;
};

INSTANTIATE_TEST_SUITE_P(Sync, MessagingComponent, testing::Values(CAPSTAN_MESSAGING_TOOL));
INSTANTIATE_TEST_SUITE_P(Async, MessagingComponent, testing::Values(CAPSTAN_MESSAGING_TOOL_ASYNC));

TEST_P(MessagingComponent, SendsEverythingOfAMessage) {
  Seen seen(*client_, "orders.*");

  EXPECT_EQ(act("send", "orders.new"), "sent");

  const Message message = seen.wait_for(1).at(0);
  EXPECT_EQ(message.topic, "orders.new");
  EXPECT_EQ(message.data.text(), "0");
  EXPECT_EQ(message.content_type, "text/plain");
  EXPECT_EQ(message.metadata, (Metadata{{"from", "tool"}}));
}

TEST_P(MessagingComponent, EditsMetadataAndData) {
  EXPECT_EQ(act("edit", "", "old"), "|text/plain|old| -> |text/plain|new|a=b;b=a;a=a;");
}

TEST_P(MessagingComponent, ARequestGivesTheReply) {
  const Seen service(*client_, "echo", true);

  EXPECT_EQ(act("request", "echo", "hello"), "||re: hello|");
}

TEST_P(MessagingComponent, SeveralRepliesCome) {
  const Seen one(*client_, "echo", true);
  const Seen two(*client_, "echo", true);

  EXPECT_EQ(act("request-two", "echo", "hello"), "||re: hello| and ||re: hello|");
}

TEST_P(MessagingComponent, ErrorsAreThoseOfTheInterface) {
  const Seen silent(*client_, "silent");

  EXPECT_EQ(act("request-briefly", "silent", "hello"), "timeout");
  EXPECT_EQ(act("request", "nobody", "hello"), "other: nobody has subscribed to this topic");
  EXPECT_EQ(act("send", "a..b"),
            "0: other: 'a..b' is no topic: there is nothing before or after one of its dots");
  EXPECT_EQ(act("send", "$dead.a"),
            "0: permission-denied: '$dead.a' begins with '$': such topics are the broker's own");
  EXPECT_EQ(act("connect", "", "secrets"),
            "permission-denied: 'secrets' is not among the names this component may use");
  EXPECT_EQ(act("send-disconnected", "t"), "0: connection: this client is disconnected");
  EXPECT_EQ(act("reply-to-nothing", "t", "x"),
            "other: the message that is answered asks for no reply");
}

TEST_P(MessagingComponent, WhatItHoardsIsBounded) {
  use({}, {.held_bytes_max = 5 << 20});

  EXPECT_EQ(act("hoard", "t"),
            "other: the messages of this component hold too much memory: a part of this one was "
            "not kept");
  EXPECT_EQ(act("send", "t"), "sent");  // the next instance begins with nothing
}

TEST_P(MessagingComponent, AFullQueueMakesItWaitAndNothingIsLost) {
  use({.queue_messages_max = 2, .send_timeout_ms = 20'000});
  std::mutex mutex;
  std::vector<Delivery> held;
  Texts order;
  std::condition_variable changed;
  SubscribeOptions options;
  options.in_flight_max = 1;
  const auto subscription = *block_on(client_->subscribe("t", options, [&](Delivery delivery) {
    const std::lock_guard lock(mutex);
    order.emplace_back(delivery.message().data.text());
    held.push_back(std::move(delivery));
    changed.notify_all();
  }));
  std::jthread slow([&] {
    for (int i = 0; i < 20; ++i) {
      std::unique_lock lock(mutex);
      if (!changed.wait_for(lock, std::chrono::seconds(20), [&] { return !held.empty(); })) return;
      Delivery delivery = std::move(held.back());
      held.pop_back();
      lock.unlock();
      delivery.acknowledge();
    }
  });

  EXPECT_EQ(act("flood", "t"), "sent");

  slow.join();
  ASSERT_EQ(order.size(), 20);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(order[i], std::to_string(i));
}

TEST_P(MessagingComponent, AFullQueueThatStaysFullIsATimeout) {
  use({.queue_messages_max = 2, .send_timeout_ms = 20});
  std::vector<Delivery> held;
  SubscribeOptions options;
  options.in_flight_max = 1;
  const auto subscription = *block_on(client_->subscribe(
      "t", options, [&](Delivery delivery) { held.push_back(std::move(delivery)); }));

  EXPECT_EQ(act("flood", "t"), "3: timeout");
}

TEST_P(MessagingComponent, IsCalledForMessages) {
  Seen seen(*client_, "seen");
  handle("orders.>");
  Message message(Bytes::copy_of("book"));
  message.content_type = "text/x";
  message.metadata = {{"a", "1"}, {"a", "2"}};

  ASSERT_TRUE(block_on(client_->send("orders.new.eu", message)));
  settle();

  EXPECT_EQ(seen.texts(1), Texts{"seen=orders.new.eu|text/x|book|a=1;a=2;"});
  EXPECT_EQ(reports_, Texts{});
}

TEST_P(MessagingComponent, ItsReplyGoesToWhoAsked) {
  handle("ask");

  const auto replies = block_on(client_->request("ask", Message(Bytes::copy_of("?")), 20'000, 1));

  ASSERT_TRUE(replies) << replies.error().message;
  EXPECT_EQ(replies->at(0).data.text(), "ask||?|");
  EXPECT_EQ(replies->at(0).content_type, "text/plain");
}

TEST_P(MessagingComponent, ComponentsAskEachOther) {
  handle("ask");

  EXPECT_EQ(act("request", "ask", "hello"),
            "|text/plain|ask|text/plain|hello|from=tool;|from=tool;");
}

TEST_P(MessagingComponent, AnErrorMakesTheMessageComeAgainAndThenADeadLetter) {
  Seen dead(*client_, "$dead.>");
  handle("orders");

  EXPECT_EQ(send("orders", "fail"), "sent");
  settle();

  const Message letter = dead.wait_for(1).at(0);
  EXPECT_EQ(letter.topic, "$dead.orders");
  EXPECT_EQ(letter.metadata, (Metadata{{"capstan-dead-topic", "orders"},
                                       {"capstan-dead-error", "cannot handle this"},
                                       {"capstan-dead-attempts", "2"}}));
  EXPECT_EQ(reports_, (Texts{"'tool' failed to handle a message to 'orders', which comes again: "
                             "cannot handle this",
                             "'tool' failed 2 times to handle a message to 'orders', which goes to "
                             "'$dead.orders' now: cannot handle this"}));
}

TEST_P(MessagingComponent, ATrapEndsOneInstanceOnly) {
  Seen dead(*client_, "$dead.>");
  Seen seen(*client_, "seen");
  handle("orders");

  EXPECT_EQ(send("orders", "trap"), "sent");
  EXPECT_EQ(send("orders", "fine"), "sent");
  settle();

  EXPECT_EQ(dead.texts(1), Texts{"$dead.orders=trap"});
  EXPECT_EQ(seen.texts(1), Texts{"seen=orders||fine|"});
  ASSERT_EQ(reports_.size(), 2);
  EXPECT_NE(reports_[0].find("unreachable"), std::string::npos) << reports_[0];
}

TEST_P(MessagingComponent, AHandlerThatNeverEndsIsStopped) {
  Seen dead(*client_, "$dead.>");
  handle("orders", 30);

  EXPECT_EQ(send("orders", "loop"), "sent");
  settle();

  EXPECT_EQ(dead.texts(1), Texts{"$dead.orders=loop"});
}

TEST_P(MessagingComponent, ManyMessagesAreHandledAtOnce) {
  use({.queue_messages_max = 10, .send_timeout_ms = 60'000});
  Seen seen(*client_, "seen");
  handle("orders");

  for (int i = 0; i < 200; ++i) EXPECT_EQ(send("orders", std::to_string(i)), "sent");
  settle();

  EXPECT_EQ(seen.wait_for(200).size(), 200);
}

TEST_P(MessagingComponent, DrainingFinishesWhatHasCome) {
  Seen seen(*client_, "seen");
  handle("orders");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(send("orders", "x"), "sent");

  ASSERT_TRUE(events_->drain(std::nullopt));

  EXPECT_EQ(seen.wait_for(20).size(), 20);
  EXPECT_EQ(send("orders", "late"), "sent");  // to nobody
  block_on(broker_->idle());
  EXPECT_EQ(seen.wait_for(20).size(), 20);
}

}  // namespace
}  // namespace capstan::messaging
