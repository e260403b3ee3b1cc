#include <capstan/capability/messaging/memory.h>

#include <capstan/capability/messaging/conformance_testing.h>
#include <capstan/capability/messaging/connect.h>

namespace capstan::messaging {
namespace {

TEST(MemoryOptions, WhatCannotWorkIsRefused) {
  const auto too_small =
      connect_with(MemoryOptions{.queue_bytes_max = 10, .message_bytes_max = 20});
  const auto no_queue = connect_with(MemoryOptions{.queue_messages_max = 0});

  ASSERT_FALSE(too_small);
  EXPECT_EQ(too_small.error().message(),
            "messages of 20 bytes have no room in a queue of 10 bytes: make the queue larger or "
            "the messages smaller");
  ASSERT_FALSE(no_queue);
}

TEST(MemoryOptions, AreReadFromTheAddress) {
  const auto broker = connect(*Url::parse("memory?messages=1&message-bytes=8"));

  ASSERT_TRUE(broker);
  const auto client = *block_on((*broker)->connect(""));
  EXPECT_EQ(error_of(block_on(client->send("t", text_message("123456789")))),
            "a message of 9 bytes is too large: at most 8 are allowed");
}

TEST(MemoryOptions, AnUnknownOneIsAnError) {
  EXPECT_FALSE(connect(*Url::parse("memory?message=1")));
  EXPECT_FALSE(connect(*Url::parse("memory?attempts=0")));
}

TEST(MemoryBroker, SubscriptionsAreBounded) {
  const auto broker = *connect_with(MemoryOptions{.subscriptions_max = 1});
  const auto client = *block_on(broker->connect(""));
  auto first = subscribe(*client, "a", [](Delivery) {});

  const auto second = block_on(client->subscribe("b", {}, [](Delivery) {}));
  EXPECT_EQ(error_of(second), "there are 1 subscriptions already: at most so many are allowed");

  first = nullptr;
  EXPECT_TRUE(block_on(client->subscribe("b", {}, [](Delivery) {})));
}

TEST(MemoryBroker, SendsThatWaitAreBounded) {
  const auto broker = *connect_with(MemoryOptions{.queue_messages_max = 1, .waiting_max = 1});
  const auto client = *block_on(broker->connect(""));
  const Collector holding(Collector::Then::hold);
  const auto subscription = subscribe(*client, "t", holding.handler(), "", 1);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(block_on(client->send("t", text_message("x"))));

  const Task<Outcome<void>> waiting = client->send("t", text_message("x"));
  const auto refused = block_on(client->send("t", text_message("x")));

  EXPECT_FALSE(waiting.done());
  EXPECT_EQ(error_of(refused),
            "a queue is full, and 1 messages wait for room already: try again later");
}

TEST(MemoryBroker, RequestsAreBounded) {
  const auto broker = *connect_with(MemoryOptions{.requests_max = 1});
  const auto client = *block_on(broker->connect(""));
  const Collector silent;
  const auto subscription = subscribe(*client, "t", silent.handler());
  base::Parker parker;
  Task<Outcome<std::vector<Message>>> waiting = client->request("t", text_message("x"), 60'000, 1);
  EXPECT_FALSE(waiting.poll(parker.waker()));

  const auto refused = block_on(client->request("t", text_message("x"), 60'000, 1));

  EXPECT_EQ(error_of(refused), "1 requests wait for replies already: at most so many are allowed");
}

TEST(MemoryBroker, MetadataIsBounded) {
  const auto broker = *connect_with(MemoryOptions{});
  const auto client = *block_on(broker->connect(""));
  Message many;
  many.metadata.resize(1025);
  Message large;
  large.metadata = {{"a", std::string(65536, 'x')}};

  EXPECT_EQ(error_of(block_on(client->send("t", many))),
            "a message with 1025 entries of metadata has too many: at most 1024 are allowed");
  EXPECT_EQ(error_of(block_on(client->send("t", large))),
            "metadata of 65537 bytes is too large: at most 65536 are allowed");
}

TEST(MemoryBroker, AQueueIsAlsoBoundedInBytes) {
  const auto broker = *connect_with(
      MemoryOptions{.queue_bytes_max = 5000, .message_bytes_max = 4096, .send_timeout_ms = 1});
  const auto client = *block_on(broker->connect(""));
  const Collector holding(Collector::Then::hold);
  const auto subscription = subscribe(*client, "t", holding.handler(), "", 1);
  const std::string text(4000, 'x');
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(block_on(client->send("t", text_message(text))));

  const auto full = block_on(client->send("t", text_message(text)));

  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::timeout);
}

}  // namespace
}  // namespace capstan::messaging
