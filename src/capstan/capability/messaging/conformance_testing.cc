#include <capstan/capability/messaging/conformance_testing.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <set>

namespace capstan::messaging {

void MessagingConformance::use(const SmallBroker& wanted) {
  client_ = nullptr;
  broker_ = GetParam()(wanted);
  auto client = block_on(broker_->connect(""));
  ASSERT_TRUE(client) << client.error().message;
  client_ = *client;
}

Message text_message(std::string_view text) { return Message(Bytes::copy_of(text)); }

Handler Collector::handler() const {
  return [state = state_](Delivery delivery) {
    {
      const std::lock_guard lock(state->mutex);
      state->messages.push_back(delivery.message());
      state->attempts.push_back(delivery.attempt());
      if (state->then == Then::hold) state->held.push_back(std::move(delivery));
    }
    if (state->then == Then::acknowledge) delivery.acknowledge();
    if (state->then == Then::reject) delivery.reject("no, thanks");
    state->changed.notify_all();
  };
}

std::vector<std::string> Collector::wait_for(std::size_t count) const {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, std::chrono::seconds(20),
                           [&] { return state_->messages.size() >= count; });
  std::vector<std::string> came;
  for (const Message& message : state_->messages)
    came.push_back(message.topic + "=" + std::string(message.data.text()));
  return came;
}

std::size_t Collector::count() const {
  const std::lock_guard lock(state_->mutex);
  return state_->messages.size();
}

std::vector<Delivery> Collector::take_held() const {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->held, {});
}

std::vector<Message> Collector::messages() const {
  const std::lock_guard lock(state_->mutex);
  return state_->messages;
}

std::vector<std::uint32_t> Collector::attempts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->attempts;
}

std::shared_ptr<Subscription> subscribe(Client& client, std::string pattern, Handler handler,
                                        std::string group, std::uint32_t in_flight_max) {
  SubscribeOptions options;
  options.group = std::move(group);
  options.in_flight_max = in_flight_max;
  auto subscription =
      block_on(client.subscribe(std::move(pattern), std::move(options), std::move(handler)));
  EXPECT_TRUE(subscription) << error_of(subscription);
  return subscription ? *subscription : nullptr;
}

namespace {

using Texts = std::vector<std::string>;

std::string send(Client& client, std::string topic, std::string_view text) {
  return error_of(block_on(client.send(std::move(topic), text_message(text))));
}
constexpr const char* sent = "(no error)";

// Answers each request with its text and a suffix.
Handler answering(std::shared_ptr<Client> client, std::string suffix) {
  return [client = std::move(client), suffix = std::move(suffix)](Delivery delivery) {
    Message answer = text_message(std::string(delivery.message().data.text()) + suffix);
    const auto replied = block_on(client->reply(delivery.message().reply_to, std::move(answer)));
    if (replied) delivery.acknowledge();
  };
}

Texts texts(const Outcome<std::vector<Message>>& replies) {
  if (!replies) return {"error: " + replies.error().message};
  Texts all;
  for (const Message& reply : *replies) all.emplace_back(reply.data.text());
  std::ranges::sort(all);
  return all;
}

// ------------------------------------------------------------------------------------ who gets it

TEST_P(MessagingConformance, EverySubscriberGetsAMessage) {
  const Collector one;
  const Collector two;
  const auto first = subscribe(*client_, "orders.new", one.handler());
  const auto second = subscribe(*client_, "orders.*", two.handler());

  EXPECT_EQ(send(*client_, "orders.new", "book"), sent);

  EXPECT_EQ(one.wait_for(1), Texts{"orders.new=book"});
  EXPECT_EQ(two.wait_for(1), Texts{"orders.new=book"});
}

TEST_P(MessagingConformance, OneOfAGroupGetsIt) {
  const Collector one;
  const Collector two;
  const Collector other;
  const auto a = subscribe(*client_, "jobs.>", one.handler(), "workers");
  const auto b = subscribe(*client_, "jobs.>", two.handler(), "workers");
  const auto c = subscribe(*client_, "jobs.>", other.handler(), "auditors");

  for (int i = 0; i < 20; ++i) EXPECT_EQ(send(*client_, "jobs.x", std::to_string(i)), sent);
  block_on(broker_->idle());

  EXPECT_EQ(other.count(), 20);
  EXPECT_EQ(one.count() + two.count(), 20);
  EXPECT_GT(one.count(), 0);
  EXPECT_GT(two.count(), 0);
}

TEST_P(MessagingConformance, AGroupIsOneAlsoWithSeveralPatterns) {
  const Collector all;
  const auto a = subscribe(*client_, "jobs.*", all.handler(), "workers");
  const auto b = subscribe(*client_, "jobs.>", all.handler(), "workers");

  EXPECT_EQ(send(*client_, "jobs.x", "1"), sent);
  block_on(broker_->idle());

  EXPECT_EQ(all.count(), 1);
}

TEST_P(MessagingConformance, OnlyWhatMatchesComes) {
  const Collector some;
  const auto subscription = subscribe(*client_, "a.*.c", some.handler());

  for (const char* topic : {"a.b", "a.b.d", "a.b.c.d", "a.b.c"})
    EXPECT_EQ(send(*client_, topic, "x"), sent);
  block_on(broker_->idle());

  EXPECT_EQ(some.wait_for(1), Texts{"a.b.c=x"});
}

TEST_P(MessagingConformance, SendingToNobodyIsDone) {
  EXPECT_EQ(send(*client_, "nobody.here", "x"), sent);
}

TEST_P(MessagingConformance, EverythingOfAMessageIsCarried) {
  const Collector collector;
  const auto subscription = subscribe(*client_, "t", collector.handler());
  Message message(Bytes(std::vector<std::uint8_t>{0, 255, 10, 0}));
  message.content_type = "application/octet-stream";
  message.metadata = {{"b", "2"}, {"a", ""}, {"b", "\u00e9"}};

  EXPECT_EQ(error_of(block_on(client_->send("t", message))), sent);

  (void)collector.wait_for(1);
  const Message came = collector.messages().at(0);
  EXPECT_EQ(came.data, message.data);
  EXPECT_EQ(came.content_type, message.content_type);
  EXPECT_EQ(came.metadata, message.metadata);
  EXPECT_EQ(came.topic, "t");
  EXPECT_EQ(came.reply_to, "");
}

TEST_P(MessagingConformance, WrongTopicsAndPatternsAreErrors) {
  EXPECT_NE(send(*client_, "a..b", "x"), sent);
  EXPECT_NE(send(*client_, "a.*", "x"), sent);
  EXPECT_NE(send(*client_, "$dead.a", "x"), sent);
  EXPECT_FALSE(block_on(client_->request("a.>", text_message("x"), 10, 1)));
  EXPECT_FALSE(block_on(client_->subscribe("a.>.b", {}, [](Delivery) {})));
}

TEST_P(MessagingConformance, AMessageThatIsTooLargeIsAnError) {
  const auto too_large = block_on(client_->send("t", text_message(std::string(4097, 'x'))));

  EXPECT_EQ(error_of(too_large), "a message of 4097 bytes is too large: at most 4096 are allowed");
}

// ------------------------------------------------------------------------------ order and pressure

TEST_P(MessagingConformance, OrderIsKept) {
  const Collector collector;
  const auto subscription = subscribe(*client_, "t", collector.handler(), "", 1);
  Texts expected;

  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(send(*client_, "t", std::to_string(i)), sent);
    expected.push_back("t=" + std::to_string(i));
  }

  EXPECT_EQ(collector.wait_for(500), expected);
}

TEST_P(MessagingConformance, ASubscriberWorksOnABoundedNumber) {
  const Collector holding(Collector::Then::hold);
  const auto subscription = subscribe(*client_, "t", holding.handler(), "", 2);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*client_, "t", std::to_string(i)), sent);
  EXPECT_EQ(holding.wait_for(2).size(), 2);

  holding.take_held().front().acknowledge();  // the other is rejected

  EXPECT_EQ(holding.wait_for(3).at(2), "t=2");
}

TEST_P(MessagingConformance, WhoSendsToAFullQueueWaits) {
  const Collector holding(Collector::Then::hold);
  use({.send_timeout_ms = 20'000});
  const auto subscription = subscribe(*client_, "t", holding.handler(), "", 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*client_, "t", std::to_string(i)), sent);
  base::Parker parker;
  Task<Outcome<void>> sending = client_->send("t", text_message("5"));
  Task<Outcome<void>> behind = client_->send("t", text_message("6"));
  EXPECT_FALSE(sending.poll(parker.waker()));
  EXPECT_FALSE(behind.poll(parker.waker()));

  for (Delivery& delivery : holding.take_held()) delivery.acknowledge();

  EXPECT_EQ(error_of(block_on(std::move(sending))), sent);
  EXPECT_FALSE(behind.poll(parker.waker()));  // one message has left, one has come
  for (std::size_t i = 2; i <= 7; ++i) {
    (void)holding.wait_for(i);
    for (Delivery& delivery : holding.take_held()) delivery.acknowledge();
  }
  EXPECT_EQ(error_of(block_on(std::move(behind))), sent);
  EXPECT_EQ(holding.wait_for(7), (Texts{"t=0", "t=1", "t=2", "t=3", "t=4", "t=5", "t=6"}));
}

TEST_P(MessagingConformance, WhoWaitsTooLongGetsATimeout) {
  const Collector holding(Collector::Then::hold);
  const auto subscription = subscribe(*client_, "t", holding.handler(), "", 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*client_, "t", std::to_string(i)), sent);

  const auto late = block_on(client_->send("t", text_message("5")));

  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::timeout);
}

TEST_P(MessagingConformance, ASendThatIsCancelledWhileItWaitsSendsNothing) {
  const Collector holding(Collector::Then::hold);
  use({.send_timeout_ms = 20'000});
  const auto subscription = subscribe(*client_, "t", holding.handler(), "", 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*client_, "t", std::to_string(i)), sent);
  {
    base::Parker parker;
    Task<Outcome<void>> cancelled = client_->send("t", text_message("never"));
    EXPECT_FALSE(cancelled.poll(parker.waker()));
  }

  for (std::size_t i = 1; i <= 5; ++i) {
    (void)holding.wait_for(i);
    for (Delivery& delivery : holding.take_held()) delivery.acknowledge();
  }
  block_on(broker_->idle());

  EXPECT_EQ(holding.wait_for(5), (Texts{"t=0", "t=1", "t=2", "t=3", "t=4"}));
}

TEST_P(MessagingConformance, ASlowSubscriberStopsOnlyItsOwnTopics) {
  const Collector holding(Collector::Then::hold);
  const Collector quick;
  const auto slow = subscribe(*client_, "slow", holding.handler(), "", 1);
  const auto fast = subscribe(*client_, "fast", quick.handler());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*client_, "slow", "x"), sent);

  for (int i = 0; i < 50; ++i) EXPECT_EQ(send(*client_, "fast", "x"), sent);

  EXPECT_EQ(quick.wait_for(50).size(), 50);
}

// ---------------------------------------------------------------------------------------- failures

TEST_P(MessagingConformance, WhatIsRejectedComesAgain) {
  const auto tries = std::make_shared<Collector>(Collector::Then::hold);
  const auto subscription = subscribe(*client_, "t", tries->handler());
  EXPECT_EQ(send(*client_, "t", "x"), sent);

  (void)tries->wait_for(1);
  tries->take_held().front().reject("not yet");
  (void)tries->wait_for(2);
  tries->take_held().clear();  // nobody says anything: that is a rejection
  (void)tries->wait_for(3);
  tries->take_held().front().acknowledge();
  block_on(broker_->idle());

  EXPECT_EQ(tries->attempts(), (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST_P(MessagingConformance, WhatIsRejectedTooOftenBecomesADeadLetter) {
  const Collector failing(Collector::Then::reject);
  const Collector dead;
  const Collector everything;
  const auto work = subscribe(*client_, "orders.*", failing.handler());
  const auto graves = subscribe(*client_, "$dead.>", dead.handler());
  const auto all = subscribe(*client_, ">", everything.handler());
  Message message = text_message("broken");
  message.content_type = "text/plain";
  message.metadata = {{"trace", "7"}};

  EXPECT_EQ(error_of(block_on(client_->send("orders.new", message))), sent);

  EXPECT_EQ(dead.wait_for(1), Texts{"$dead.orders.new=broken"});
  const Message letter = dead.messages().at(0);
  EXPECT_EQ(letter.content_type, "text/plain");
  EXPECT_EQ(letter.metadata, (Metadata{{"capstan-dead-topic", "orders.new"},
                                       {"capstan-dead-error", "no, thanks"},
                                       {"capstan-dead-attempts", "3"},
                                       {"trace", "7"}}));
  EXPECT_EQ(failing.count(), 3);
  block_on(broker_->idle());
  EXPECT_EQ(everything.count(), 1);  // `>` is no dead letters
}

TEST_P(MessagingConformance, ADeadLetterThatIsRejectedIsNoneAgain) {
  const Collector failing(Collector::Then::reject);
  const Collector graves(Collector::Then::reject);
  const auto work = subscribe(*client_, "t", failing.handler());
  const auto dead = subscribe(*client_, "$dead.>", graves.handler());

  EXPECT_EQ(send(*client_, "t", "x"), sent);
  block_on(broker_->idle());

  EXPECT_EQ(graves.wait_for(3), (Texts{"$dead.t=x", "$dead.t=x", "$dead.t=x"}));
}

TEST_P(MessagingConformance, OthersGoOnWhileOneFails) {
  const auto failures = std::make_shared<std::atomic<int>>(0);
  const Collector collector;
  const auto subscription =
      subscribe(*client_, "t", [failures, good = collector.handler()](Delivery delivery) {
        if (delivery.message().data.text() == "bad") {
          ++*failures;
          return delivery.reject("bad");
        }
        good(std::move(delivery));
      });

  EXPECT_EQ(send(*client_, "t", "bad"), sent);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(send(*client_, "t", "good"), sent);

  EXPECT_EQ(collector.wait_for(10).size(), 10);
  block_on(broker_->idle());
  EXPECT_EQ(*failures, 3);
}

// ---------------------------------------------------------------------------------------- requests

TEST_P(MessagingConformance, ARequestGetsTheReply) {
  const auto service = subscribe(*client_, "echo", answering(client_, "!"));

  EXPECT_EQ(texts(block_on(client_->request("echo", text_message("hello"), 20'000, 1))),
            Texts{"hello!"});
}

TEST_P(MessagingConformance, ARequestThatNobodyAnswersIsATimeout) {
  const Collector silent;
  const auto service = subscribe(*client_, "echo", silent.handler());

  const auto replies = block_on(client_->request("echo", text_message("hello"), 20, 1));

  ASSERT_FALSE(replies);
  EXPECT_EQ(replies.error().kind, ErrorKind::timeout);
}

TEST_P(MessagingConformance, ARequestToNobodyIsAnError) {
  const auto replies = block_on(client_->request("echo", text_message("hello"), 20, 1));

  ASSERT_FALSE(replies);
}

TEST_P(MessagingConformance, SeveralRepliesCanBeExpected) {
  const auto one = subscribe(*client_, "echo", answering(client_, "1"));
  const auto two = subscribe(*client_, "echo", answering(client_, "2"));

  const auto both = block_on(client_->request("echo", text_message("x"), 20'000, 2));
  const auto three = block_on(client_->request("echo", text_message("x"), 50, 3));
  const auto any = block_on(client_->request("echo", text_message("x"), 50, 0));

  EXPECT_EQ(texts(both), (Texts{"x1", "x2"}));
  EXPECT_EQ(texts(three), (Texts{"x1", "x2"}));  // what came in time
  EXPECT_EQ(texts(any), (Texts{"x1", "x2"}));
}

TEST_P(MessagingConformance, ExpectingNothingMayGiveNothing) {
  const Collector silent;
  const auto service = subscribe(*client_, "echo", silent.handler());

  EXPECT_EQ(texts(block_on(client_->request("echo", text_message("hello"), 20, 0))), Texts{});
}

TEST_P(MessagingConformance, RepliesThatNobodyWaitsForGoNowhere) {
  const Collector holding(Collector::Then::hold);
  const auto service = subscribe(*client_, "echo", holding.handler());
  EXPECT_FALSE(block_on(client_->request("echo", text_message("hello"), 10, 1)));

  const std::string reply_to = holding.messages().at(0).reply_to;

  EXPECT_EQ(error_of(block_on(client_->reply(reply_to, text_message("late")))), sent);
  EXPECT_NE(error_of(block_on(client_->reply("", text_message("to nobody")))), sent);
}

TEST_P(MessagingConformance, ARequestThatFailsForGoodIsAnErrorAtOnce) {
  const Collector failing(Collector::Then::reject);
  const auto service = subscribe(*client_, "echo", failing.handler());

  const auto replies = block_on(client_->request("echo", text_message("hello"), 60'000, 1));

  EXPECT_EQ(error_of(replies), "the request was not handled: no, thanks");
  EXPECT_EQ(failing.count(), 3);
}

// ------------------------------------------------------------------------------------------ ending

TEST_P(MessagingConformance, DrainingTakesNothingNewAndFinishesTheOld) {
  const Collector holding(Collector::Then::hold);
  const auto subscription = subscribe(*client_, "t", holding.handler(), "", 1);
  for (const char* text : {"1", "2"}) EXPECT_EQ(send(*client_, "t", text), sent);
  base::Parker parker;

  Task<void> draining = subscription->drain();
  EXPECT_FALSE(draining.poll(parker.waker()));
  EXPECT_EQ(send(*client_, "t", "3"), sent);
  for (std::size_t i = 1; i <= 2; ++i) {
    (void)holding.wait_for(i);
    for (Delivery& delivery : holding.take_held()) delivery.acknowledge();
  }
  while (!draining.poll(parker.waker())) parker.park();

  EXPECT_EQ(holding.wait_for(2), (Texts{"t=1", "t=2"}));
}

TEST_P(MessagingConformance, ClosingSaysHowManyAreLeft) {
  const Collector holding(Collector::Then::hold);
  const auto subscription = subscribe(*client_, "t", holding.handler(), "", 1);
  for (const char* text : {"1", "2", "3"}) EXPECT_EQ(send(*client_, "t", text), sent);

  EXPECT_EQ(subscription->close(), 2);
  for (Delivery& delivery : holding.take_held()) delivery.reject("too late");
  block_on(broker_->idle());

  EXPECT_EQ(send(*client_, "t", "4"), sent);
  EXPECT_EQ(holding.count(), 1);
}

TEST_P(MessagingConformance, WhatIsLeftOfAMemberGoesToTheOthersOfItsGroup) {
  const Collector holding(Collector::Then::hold);
  const Collector working;
  use({.send_timeout_ms = 20'000});
  const auto leaving = subscribe(*client_, "t", holding.handler(), "workers", 2);
  for (const char* text : {"1", "2", "3"}) EXPECT_EQ(send(*client_, "t", text), sent);
  const auto staying = subscribe(*client_, "t", working.handler(), "workers");

  EXPECT_EQ(leaving->close(), 0);
  for (Delivery& delivery : holding.take_held()) delivery.reject("I left");
  block_on(broker_->idle());

  const Texts came = working.wait_for(3);
  EXPECT_EQ(std::set(came.begin(), came.end()), (std::set<std::string>{"t=1", "t=2", "t=3"}));
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MessagingConformance);

}  // namespace capstan::messaging
