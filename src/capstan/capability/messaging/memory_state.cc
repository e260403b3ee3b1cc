#include <capstan/capability/messaging/memory_state.h>

#include <capstan/capability/messaging/topic.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace capstan::messaging::memory {
namespace {

constexpr std::string_view inbox_prefix = "$inbox.";
// What a message takes beside its texts and bytes, about.
constexpr std::uint64_t message_overhead_bytes = 256;

std::uint64_t metadata_bytes(const Message& message) {
  std::uint64_t bytes = 0;
  for (const auto& [name, value] : message.metadata) bytes += name.size() + value.size();
  return bytes;
}

std::uint64_t size_of(const Message& message) {
  return message_overhead_bytes + message.topic.size() + message.data.size() +
         metadata_bytes(message);
}

// The first that still waits. Those that do not are taken off.
Waiter* first_waiter(Queue& queue) {
  while (!queue.waiters.empty() && queue.waiters.front()->finished) queue.waiters.pop_front();
  return queue.waiters.empty() ? nullptr : queue.waiters.front().get();
}

}  // namespace

// ------------------------------------------------------------------------------------------ limits

Outcome<void> State::check(const Message& message) const {
  if (message.data.size() > options_.message_bytes_max)
    return fail(ErrorKind::other,
                fmt::format("a message of {} bytes is too large: at most {} are allowed",
                            message.data.size(), options_.message_bytes_max));
  if (message.metadata.size() > metadata_entries_max)
    return fail(ErrorKind::other,
                fmt::format("a message with {} entries of metadata has too many: at most {} are "
                            "allowed",
                            message.metadata.size(), metadata_entries_max));
  const std::uint64_t more =
      metadata_bytes(message) + (message.content_type ? message.content_type->size() : 0);
  if (more > metadata_bytes_max)
    return fail(ErrorKind::other,
                fmt::format("metadata of {} bytes is too large: at most {} are allowed", more,
                            metadata_bytes_max));
  return {};
}

// ----------------------------------------------------------------------------------------- sending

std::vector<QueuePtr> State::targets_of(const std::string& topic) const {
  std::vector<QueuePtr> found;
  for (const QueuePtr& queue : queues_) {
    if (!matches(queue->pattern, topic)) continue;
    // One queue of a group only: the one with the least in it.
    const auto rival = queue->group.empty()
                           ? found.end()
                           : std::ranges::find(found, queue->group,
                                               [](const QueuePtr& other) { return other->group; });
    if (rival == found.end()) {
      found.push_back(queue);
    } else if (queue->entries.size() + queue->waiters.size() <
               (*rival)->entries.size() + (*rival)->waiters.size()) {
      *rival = queue;
    }
  }
  return found;
}

bool State::can_put(const std::vector<QueuePtr>& targets, std::uint64_t bytes,
                    const Waiter* who) const {
  return std::ranges::all_of(targets, [&](const QueuePtr& queue) {
    if (queue->closed) return true;
    const Waiter* first = first_waiter(*queue);
    return (first == nullptr || first == who) &&
           queue->entries.size() < options_.queue_messages_max &&
           (queue->entries.empty() || queue->bytes + bytes <= options_.queue_bytes_max);
  });
}

void State::put(const MessagePtr& message, const std::shared_ptr<Inbox>& inbox,
                const std::vector<QueuePtr>& targets, Due& due) {
  const std::uint64_t bytes = size_of(*message);
  for (const QueuePtr& queue : targets) {
    if (queue->closed) continue;
    queue->entries.push_back(
        Entry{.message = message, .bytes = bytes, .attempt = 1, .inbox = inbox, .member = nullptr});
    queue->bytes += bytes;
    ++open_;
    due.queues.push_back(queue);
  }
}

Outcome<WaiterPtr> State::send(MessagePtr message, std::shared_ptr<Inbox> inbox,
                               std::uint64_t timeout_ms) {
  Due due;
  {
    const std::lock_guard lock(mutex_);
    std::vector<QueuePtr> targets = targets_of(message->topic);
    if (inbox != nullptr) {
      if (targets.empty()) return fail(ErrorKind::other, "nobody has subscribed to this topic");
      inbox->receivers = targets.size();
    }
    if (!can_put(targets, size_of(*message), nullptr)) {
      if (waiting_ >= options_.waiting_max)
        return fail(ErrorKind::other,
                    fmt::format("a queue is full, and {} messages wait for room already: try again "
                                "later",
                                waiting_));
      auto waiter = std::make_shared<Waiter>();
      waiter->message = std::move(message);
      waiter->inbox = std::move(inbox);
      waiter->targets = std::move(targets);
      wait(waiter);
      waiter->timer = timer_.after(std::chrono::milliseconds(timeout_ms),
                                   [self = weak_from_this(), late = std::weak_ptr(waiter)] {
                                     const auto state = self.lock();
                                     const auto who = late.lock();
                                     if (state != nullptr && who != nullptr) state->forget(who);
                                   });
      return waiter;
    }
    put(message, inbox, targets, due);
  }
  pump(std::move(due));
  return nullptr;
}

void State::wait(const WaiterPtr& waiter) {
  waiter->bytes = size_of(*waiter->message);
  for (const QueuePtr& queue : waiter->targets) queue->waiters.push_back(waiter);
  ++waiting_;
  ++open_;
}

// It has its turn; the caller has looked.
void State::let_in(const WaiterPtr& waiter, Due& due) {
  put(waiter->message, waiter->inbox, waiter->targets, due);
  waiter->finished = true;
  waiter->message.reset();
  --waiting_;
  done_with(1, due);
  timer_.cancel(waiter->timer);
  due.calls.emplace_back([waiter] {
    waiter->result.complete({});
    if (waiter->then) waiter->then();
  });
}

void State::admit(std::vector<QueuePtr> changed, Due& due) {
  while (!changed.empty()) {
    const QueuePtr queue = std::move(changed.back());
    changed.pop_back();
    while (first_waiter(*queue) != nullptr) {
      const WaiterPtr waiter = queue->waiters.front();
      if (!can_put(waiter->targets, waiter->bytes, waiter.get())) break;
      let_in(waiter, due);
      // Its other queues have another first waiter now.
      for (const QueuePtr& other : waiter->targets)
        if (other != queue) changed.push_back(other);
    }
  }
}

void State::give_up(const WaiterPtr& waiter, Due& due) {
  waiter->finished = true;
  waiter->message.reset();
  --waiting_;
  done_with(1, due);
  timer_.cancel(waiter->timer);
  due.calls.emplace_back([waiter] {
    waiter->result.complete(fail(ErrorKind::timeout, "there was no room in a queue for too long"));
  });
  admit(waiter->targets, due);
  for (const QueuePtr& queue : waiter->targets)
    for (const MemberPtr& member : queue->members) finish_draining(member, *queue, due);
}

void State::forget(const WaiterPtr& waiter) {
  Due due;
  {
    const std::lock_guard lock(mutex_);
    if (waiter->finished) return;
    give_up(waiter, due);
  }
  pump(std::move(due));
}

// ---------------------------------------------------------------------------------------- requests

Outcome<std::uint64_t> State::open_inbox(const std::shared_ptr<Inbox>& inbox) {
  const std::lock_guard lock(mutex_);
  if (inboxes_.size() >= options_.requests_max)
    return fail(ErrorKind::other,
                fmt::format("{} requests wait for replies already: at most so many are allowed",
                            inboxes_.size()));
  inboxes_.emplace(++last_inbox_, inbox);
  return last_inbox_;
}

void State::close_inbox(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  inboxes_.erase(id);
}

void State::finish(Inbox& inbox, Outcome<std::vector<Message>> result, Due& due) {
  inbox.finished = true;
  due.calls.emplace_back([done = inbox.done, result = std::move(result)]() mutable {
    done.complete(std::move(result));
  });
}

void State::reply(std::string_view reply_to, Message message) {
  std::uint64_t id = 0;
  if (reply_to.starts_with(inbox_prefix))
    std::from_chars(reply_to.data() + inbox_prefix.size(), reply_to.data() + reply_to.size(), id);
  Due due;
  {
    const std::lock_guard lock(mutex_);
    const auto found = inboxes_.find(id);
    if (found == inboxes_.end() || found->second->finished) return;
    Inbox& inbox = *found->second;
    inbox.bytes += size_of(message);
    if (inbox.bytes > reply_bytes_max) {
      finish(inbox,
             fail(ErrorKind::other,
                  fmt::format("the replies are too large: at most {} bytes are allowed together",
                              reply_bytes_max)),
             due);
    } else {
      inbox.replies.push_back(std::move(message));
      const std::uint32_t most = inbox.expected == 0 ? expected_replies_max : inbox.expected;
      if (inbox.replies.size() >= most) finish(inbox, std::move(inbox.replies), due);
    }
  }
  pump(std::move(due));
}

void State::expire(const std::shared_ptr<Inbox>& inbox) {
  Due due;
  {
    const std::lock_guard lock(mutex_);
    if (inbox->finished) return;
    if (inbox->replies.empty() && inbox->expected > 0) {
      finish(*inbox, fail(ErrorKind::timeout, "no reply came in time"), due);
    } else {
      finish(*inbox, std::move(inbox->replies), due);
    }
  }
  pump(std::move(due));
}

void State::fail_request(Inbox& inbox, const std::string& error, Due& due) {
  ++inbox.failed;
  if (inbox.finished || inbox.failed < inbox.receivers || !inbox.replies.empty()) return;
  finish(inbox, fail(ErrorKind::other, fmt::format("the request was not handled: {}", error)), due);
}

}  // namespace capstan::messaging::memory
