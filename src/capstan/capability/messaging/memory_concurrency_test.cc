#include <capstan/capability/messaging/conformance_testing.h>
#include <capstan/capability/messaging/memory.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

namespace capstan::messaging {
namespace {

std::shared_ptr<Broker> make_memory(const SmallBroker& wanted) {
  return *connect_with(MemoryOptions{.queue_messages_max = wanted.queue_messages_max,
                                     .message_bytes_max = wanted.message_bytes_max,
                                     .send_timeout_ms = wanted.send_timeout_ms,
                                     .attempts_max = wanted.attempts_max,
                                     .retry_delay_ms = wanted.retry_delay_ms});
}

INSTANTIATE_TEST_SUITE_P(Memory, MessagingConformance, testing::Values(&make_memory));

std::shared_ptr<Client> connect(Broker& broker) { return *block_on(broker.connect("")); }

// Works on deliveries on threads of its own, in the order of their numbers.
class Workers {
 public:
  using Work = std::function<void(Delivery&)>;
  Workers(int threads, Work work) : work_(std::move(work)) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { loop(); });
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
  }
  Handler handler() {
    return [this](Delivery delivery) {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(delivery));
      changed_.notify_one();
    };
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      Delivery delivery = std::move(queue_.front());
      queue_.erase(queue_.begin());
      lock.unlock();
      work_(delivery);
      lock.lock();
    }
  }

  Work work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Delivery> queue_;
  bool ending_ = false;
  std::vector<std::jthread> threads_;  // last: they use the rest
};

TEST(MemoryBroker, NothingIsLostUnderPressure) {
  constexpr int senders = 8;
  constexpr int each = 1000;
  const auto broker = *connect_with({.queue_messages_max = 8, .send_timeout_ms = 60'000});
  const auto client = connect(*broker);
  std::atomic<int> handled = 0;
  std::atomic<int> audited = 0;
  Workers workers(3, [&](Delivery& delivery) {
    ++handled;
    delivery.acknowledge();
  });
  Workers auditors(2, [&](Delivery& delivery) {
    ++audited;
    delivery.acknowledge();
  });
  const auto one = subscribe(*client, "t.*", workers.handler(), "workers", 4);
  const auto two = subscribe(*client, "t.*", workers.handler(), "workers", 2);
  const auto three = subscribe(*client, "t.>", auditors.handler());

  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < senders; ++s)
      threads.emplace_back([&, s] {
        const auto own = connect(*broker);
        for (int i = 0; i < each; ++i)
          EXPECT_TRUE(block_on(own->send("t." + std::to_string(s), text_message("x"))));
      });
  }
  block_on(broker->idle());

  EXPECT_EQ(handled, senders * each);
  EXPECT_EQ(audited, senders * each);
}

TEST(MemoryBroker, OrderIsKeptForEachSenderUnderPressure) {
  constexpr int senders = 4;
  constexpr int each = 500;
  const auto broker = *connect_with({.queue_messages_max = 3, .send_timeout_ms = 60'000});
  const auto client = connect(*broker);
  std::map<std::string, int> next;
  int wrong = 0;
  Workers worker(1, [&](Delivery& delivery) {
    const std::string expected = std::to_string(next[delivery.message().topic]++);
    if (delivery.message().data.text() != expected) ++wrong;
    delivery.acknowledge();
  });
  const auto subscription = subscribe(*client, ">", worker.handler(), "", 1);

  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < senders; ++s)
      threads.emplace_back([&, s] {
        for (int i = 0; i < each; ++i)
          EXPECT_TRUE(
              block_on(client->send("t" + std::to_string(s), text_message(std::to_string(i)))));
      });
  }
  block_on(broker->idle());

  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(next["t0"], each);
}

TEST(MemoryBroker, RequestsOfManyThreadsGetTheirOwnReplies) {
  const auto broker = *connect_with({.queue_messages_max = 4, .send_timeout_ms = 60'000});
  const auto client = connect(*broker);
  Workers service(2, [&](Delivery& delivery) {
    Message reply = text_message(delivery.message().data.text());
    EXPECT_TRUE(block_on(client->reply(delivery.message().reply_to, std::move(reply))));
    delivery.acknowledge();
  });
  const auto subscription = subscribe(*client, "echo", service.handler());
  std::atomic<int> right = 0;

  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const std::string text = std::to_string(t) + "/" + std::to_string(i);
          const auto replies = block_on(client->request("echo", text_message(text), 60'000, 1));
          if (replies && replies->at(0).data.text() == text) ++right;
        }
      });
  }

  EXPECT_EQ(right, 800);
}

TEST(MemoryBroker, SubscribersComeAndGoWhileMessagesAreSent) {
  const auto broker =
      *connect_with({.queue_messages_max = 8, .send_timeout_ms = 60'000, .retry_delay_ms = 1});
  const auto client = connect(*broker);
  std::atomic<int> handled = 0;
  Workers workers(2, [&](Delivery& delivery) {
    if (delivery.attempt() == 1 && delivery.message().data.text() == "odd")
      return delivery.reject("again");
    ++handled;
    delivery.acknowledge();
  });
  const auto staying = subscribe(*client, "t", workers.handler(), "workers", 4);
  std::atomic<bool> sending = true;
  std::jthread visitor([&] {
    while (sending) {
      const auto coming = subscribe(*client, "t", workers.handler(), "workers", 2);
      const auto other = subscribe(*client, "other", workers.handler());
      block_on(coming->drain());
    }
  });

  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(block_on(client->send("t", text_message(i % 2 == 0 ? "even" : "odd"))));
  sending = false;
  visitor.join();
  block_on(broker->idle());

  EXPECT_EQ(handled, 1000);
}

TEST(MemoryBroker, ABrokerThatEndsLeavesItsDeliveriesAlone) {
  const Collector holding(Collector::Then::hold);
  {
    const auto broker = *connect_with(MemoryOptions{});
    const auto client = connect(*broker);
    const auto subscription = subscribe(*client, "t", holding.handler());
    EXPECT_TRUE(block_on(client->send("t", text_message("x"))));
    (void)holding.wait_for(1);
  }

  for (Delivery& delivery : holding.take_held()) delivery.reject("nobody is there");

  EXPECT_EQ(holding.count(), 1);
}

}  // namespace
}  // namespace capstan::messaging
