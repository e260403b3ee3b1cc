// The memory broker's state and rules; internal to the memory backend.
//
// Whatever makes a queue worth looking at (a message came, one was settled, a delay is over) ends
// with pump(): it calls handlers, one thread at a time for each queue and without the lock, until
// there is nothing left that somebody could take.
#pragma once

#include <capstan/capability/messaging/memory.h>
#include <capstan/capability/messaging/memory_queue.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::messaging::memory {

class State : public std::enable_shared_from_this<State> {
 public:
  explicit State(const MemoryOptions& options) : options_(options) {}

  // Puts the message into the queues, or gives a waiter that does when there is room, within the
  // time. Null: it is done.
  [[nodiscard]] Outcome<WaiterPtr> send(MessagePtr message, std::shared_ptr<Inbox> inbox,
                                        std::uint64_t timeout_ms);
  // Nobody waits for it any more: it is not put anywhere if it has not been yet.
  void forget(const WaiterPtr& waiter);

  // Gives the number behind "$inbox.".
  [[nodiscard]] Outcome<std::uint64_t> open_inbox(const std::shared_ptr<Inbox>& inbox);
  void close_inbox(std::uint64_t id);
  void reply(std::string_view reply_to, Message message);
  // The time of the request is over.
  void expire(const std::shared_ptr<Inbox>& inbox);

  struct Place {
    QueuePtr queue;
    MemberPtr member;
  };
  [[nodiscard]] Outcome<Place> subscribe(std::string pattern, const SubscribeOptions& options,
                                         Handler handler);
  // Takes no new messages; what it gives is complete when those it had are settled.
  [[nodiscard]] Completion<bool> drain(const Place& place);
  [[nodiscard]] std::size_t close(const Place& place);
  [[nodiscard]] Completion<bool> idle();

  void acknowledge(const QueuePtr& queue, const Entry& entry);
  void reject(const QueuePtr& queue, Entry entry, std::string error);

  [[nodiscard]] Outcome<void> check(const Message& message) const;
  [[nodiscard]] std::uint64_t send_timeout_ms() const { return options_.send_timeout_ms; }
  [[nodiscard]] Timer& timer() { return timer_; }

 private:
  // What is left to do when the lock is free.
  struct Due {
    std::vector<QueuePtr> queues;              // to pump
    std::vector<std::function<void()>> calls;  // first
  };

  // memory_state.cc: sending
  std::vector<QueuePtr> targets_of(const std::string& topic) const;
  bool can_put(const std::vector<QueuePtr>& targets, std::uint64_t bytes, const Waiter* who) const;
  void put(const MessagePtr& message, const std::shared_ptr<Inbox>& inbox,
           const std::vector<QueuePtr>& targets, Due& due);
  void wait(const WaiterPtr& waiter);
  void let_in(const WaiterPtr& waiter, Due& due);
  // Lets those through that wait and have room now.
  void admit(std::vector<QueuePtr> changed, Due& due);
  void give_up(const WaiterPtr& waiter, Due& due);

  // memory_delivery.cc: delivering and settling
  std::optional<Entry> next(const QueuePtr& queue, Due& due);
  std::optional<Entry> next_again(Queue& queue, Due& due);
  void pump(Due due);
  bool pump_one(const QueuePtr& queue, Due& due);
  void leave(const Place& place);
  void release(const MemberPtr& member, const QueuePtr& queue, Due& due);
  void finish_draining(const MemberPtr& member, const Queue& queue, Due& due);
  void done_with(std::size_t count, Due& due);
  void settled(const QueuePtr& queue, const MemberPtr& member);
  void come_again(const QueuePtr& queue, Entry entry);
  void bury(const QueuePtr& queue, const Entry& entry, std::string error);
  void fail_request(Inbox& inbox, const std::string& error, Due& due);
  void finish(Inbox& inbox, Outcome<std::vector<Message>> result, Due& due);

  const MemoryOptions options_;
  mutable std::mutex mutex_;
  std::vector<QueuePtr> queues_;
  std::map<std::uint64_t, std::shared_ptr<Inbox>> inboxes_;
  std::uint64_t last_inbox_ = 0;
  std::size_t subscriptions_ = 0;
  std::size_t waiting_ = 0;
  std::size_t open_ = 0;  // entries in queues and on their way, and waiters
  std::vector<Completion<bool>> idle_;
  Timer timer_;  // last: its calls end before the rest
};

}  // namespace capstan::messaging::memory
