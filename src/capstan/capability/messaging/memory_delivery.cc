#include <capstan/capability/messaging/memory_state.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace capstan::messaging::memory {
namespace {

// One thread delivers so many in a row before it gets back to what it was doing.
constexpr std::size_t pumped_in_a_row_max = 256;
// Of a handler's error, in the metadata of a dead letter.
constexpr std::size_t error_bytes_max = 4096;

// Whose turn it is, among those who could take a message, `except` not.
MemberPtr choose(Queue& queue, const MemberPtr& except) {
  for (std::size_t i = 0; i < queue.members.size(); ++i) {
    const std::size_t at = (queue.turn + i) % queue.members.size();
    const MemberPtr& member = queue.members[at];
    if (member == except || member->unsettled >= member->in_flight_max) continue;
    queue.turn = at + 1;
    return member;
  }
  return nullptr;
}

bool takes_from(const Queue& queue, const MemberPtr& member) {
  return std::ranges::find(queue.members, member) != queue.members.end();
}

std::string shortened(std::string text) {
  if (text.size() <= error_bytes_max) return text;
  std::size_t end = error_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + " ...";
}

std::shared_ptr<Message> dead_letter(const Entry& entry, std::string error) {
  auto dead = std::make_shared<Message>(*entry.message);
  dead->topic = std::string(dead_topic_prefix) + entry.message->topic;
  dead->reply_to.clear();
  dead->metadata = {{std::string(dead_topic_key), entry.message->topic},
                    {std::string(dead_error_key), shortened(std::move(error))},
                    {std::string(dead_attempts_key), std::to_string(entry.attempt)}};
  dead->metadata.insert(dead->metadata.end(), entry.message->metadata.begin(),
                        entry.message->metadata.end());
  return dead;
}

class QueueSettlement final : public Settlement {
 public:
  // `state` is shared with the broker's clients.
  QueueSettlement(std::shared_ptr<State> state, QueuePtr queue, Entry entry)
      : state_(std::move(state)), queue_(std::move(queue)), entry_(std::move(entry)) {}
  void acknowledge() override { state_->acknowledge(queue_, entry_); }
  void reject(std::string error) override {
    state_->reject(queue_, std::move(entry_), std::move(error));
  }

 private:
  std::shared_ptr<State> state_;
  QueuePtr queue_;
  Entry entry_;
};

}  // namespace

// -------------------------------------------------------------------------------------- delivering

// A message whose delay is over; it goes to another member if one has time. Those that are nobody's
// any more wait until one has, and the others pass them: who works on those may be whom they wait
// for.
std::optional<Entry> State::next_again(Queue& queue, Due& due) {
  for (auto entry = queue.again.begin(); entry != queue.again.end(); ++entry) {
    const MemberPtr before = entry->member;
    if (MemberPtr other = choose(queue, before)) {
      ++other->unsettled;
      entry->member = std::move(other);
      if (before != nullptr) {
        --before->unsettled;
        finish_draining(before, queue, due);
      }
    }
    if (entry->member == nullptr) continue;  // everybody is busy
    Entry found = std::move(*entry);
    queue.again.erase(entry);
    return found;
  }
  return std::nullopt;
}

std::optional<Entry> State::next(const QueuePtr& queue, Due& due) {
  if (!queue->again.empty())
    if (auto entry = next_again(*queue, due)) return entry;
  if (queue->entries.empty()) return std::nullopt;
  MemberPtr member = choose(*queue, nullptr);
  if (member == nullptr) return std::nullopt;
  ++member->unsettled;
  Entry entry = std::move(queue->entries.front());
  queue->entries.pop_front();
  queue->bytes -= entry.bytes;
  entry.member = std::move(member);
  admit({queue}, due);
  return entry;
}

// Delivers one message of a queue that this thread pumps; false when there was none.
bool State::pump_one(const QueuePtr& queue, Due& due) {
  std::optional<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    entry = next(queue, due);
    if (!entry) {
      queue->pumped = false;
      return false;
    }
  }
  const MemberPtr member = entry->member;
  MessagePtr message = entry->message;
  const std::uint32_t attempt = entry->attempt;
  member->handler(
      Delivery(std::move(message), attempt, static_cast<std::uint32_t>(options_.attempts_max),
               std::make_unique<QueueSettlement>(shared_from_this(), queue, *std::move(entry))));
  return true;
}

void State::pump(Due due) {
  while (!due.calls.empty() || !due.queues.empty()) {
    for (const auto& call : std::exchange(due.calls, {})) call();
    if (due.queues.empty()) break;
    const QueuePtr queue = due.queues.back();
    std::erase(due.queues, queue);
    {
      const std::lock_guard lock(mutex_);
      if (queue->pumped) continue;  // by whoever looks at it again before it stops
      queue->pumped = true;
    }
    std::size_t pumped = 0;
    while (pumped < pumped_in_a_row_max && pump_one(queue, due)) {
      ++pumped;
      for (const auto& call : std::exchange(due.calls, {})) call();
    }
    std::erase(due.queues, queue);  // what came meanwhile was seen, or will be
    if (pumped < pumped_in_a_row_max) continue;
    const std::lock_guard lock(mutex_);
    queue->pumped = false;
    timer_.after(std::chrono::milliseconds(0), [self = weak_from_this(), queue] {
      Due rest;
      rest.queues.push_back(queue);
      if (const auto state = self.lock()) state->pump(std::move(rest));
    });
  }
}

// ---------------------------------------------------------------------------------------- settling

void State::done_with(std::size_t count, Due& due) {
  open_ -= count;
  if (open_ > 0) return;
  for (Completion<bool> waiting : std::exchange(idle_, {}))
    due.calls.emplace_back([waiting]() mutable { waiting.complete(true); });
}

void State::finish_draining(const MemberPtr& member, const Queue& queue, Due& due) {
  if (!member->leaving || member->unsettled > 0) return;
  if (takes_from(queue, member) && (!queue.entries.empty() || !queue.waiters.empty())) return;
  for (Completion<bool> waiting : std::exchange(member->drained, {}))
    due.calls.emplace_back([waiting]() mutable { waiting.complete(true); });
}

void State::release(const MemberPtr& member, const QueuePtr& queue, Due& due) {
  --member->unsettled;
  finish_draining(member, *queue, due);
  due.queues.push_back(queue);
}

// The message is off this broker's hands.
void State::settled(const QueuePtr& queue, const MemberPtr& member) {
  Due due;
  {
    const std::lock_guard lock(mutex_);
    release(member, queue, due);
    done_with(1, due);
  }
  pump(std::move(due));
}

void State::acknowledge(const QueuePtr& queue, const Entry& entry) { settled(queue, entry.member); }

void State::reject(const QueuePtr& queue, Entry entry, std::string error) {
  if (entry.attempt >= options_.attempts_max) return bury(queue, entry, std::move(error));
  const std::uint64_t doubled = options_.retry_delay_ms << std::min(entry.attempt - 1, 16U);
  const std::uint64_t delay_ms = std::min(doubled, retry_delay_ms_max);
  ++entry.attempt;
  {
    const std::lock_guard lock(mutex_);
    if (!queue->closed) {
      ++entry.member->delayed;
      timer_.after(std::chrono::milliseconds(delay_ms),
                   [self = weak_from_this(), queue, entry = std::move(entry)] {
                     if (const auto state = self.lock()) state->come_again(queue, entry);
                   });
      return;
    }
  }
  settled(queue, entry.member);  // nobody is there any more
}

void State::come_again(const QueuePtr& queue, Entry entry) {
  Due due;
  {
    const std::lock_guard lock(mutex_);
    const MemberPtr member = entry.member;
    --member->delayed;
    if (!takes_from(*queue, member)) {  // it left; others may be there
      release(member, queue, due);
      entry.member = nullptr;
    }
    if (queue->closed) {
      done_with(1, due);
    } else {
      queue->again.push_back(std::move(entry));
      due.queues.push_back(queue);
    }
  }
  pump(std::move(due));
}

void State::bury(const QueuePtr& queue, const Entry& entry, std::string error) {
  Due due;
  {
    const std::lock_guard lock(mutex_);
    if (entry.inbox != nullptr) fail_request(*entry.inbox, error, due);
    std::vector<QueuePtr> targets;
    MessagePtr dead;
    if (!entry.message->topic.starts_with(dead_topic_prefix)) {
      dead = dead_letter(entry, std::move(error));
      targets = targets_of(dead->topic);
    }
    if (targets.empty() || can_put(targets, entry.bytes, nullptr)) {
      if (!targets.empty()) put(dead, nullptr, targets, due);
      release(entry.member, queue, due);
      done_with(1, due);
    } else {
      // Who sends feels that nobody takes the dead letters, rather than that they are lost.
      auto waiter = std::make_shared<Waiter>();
      waiter->message = std::move(dead);
      waiter->targets = std::move(targets);
      waiter->then = [self = weak_from_this(), queue, member = entry.member] {
        if (const auto state = self.lock()) state->settled(queue, member);
      };
      wait(waiter);
    }
  }
  pump(std::move(due));
}

// ------------------------------------------------------------------------------------- subscribers

Outcome<State::Place> State::subscribe(std::string pattern, const SubscribeOptions& options,
                                       Handler handler) {
  auto member = std::make_shared<Member>();
  member->handler = std::move(handler);
  member->in_flight_max = std::max(options.in_flight_max, 1U);
  const std::lock_guard lock(mutex_);
  if (subscriptions_ >= options_.subscriptions_max)
    return fail(ErrorKind::other,
                fmt::format("there are {} subscriptions already: at most so many are allowed",
                            subscriptions_));
  ++subscriptions_;
  if (!options.group.empty()) {
    for (const QueuePtr& queue : queues_) {
      if (queue->group != options.group || queue->pattern != pattern) continue;
      queue->members.push_back(member);
      return Place{queue, std::move(member)};
    }
  }
  auto queue = std::make_shared<Queue>();
  queue->pattern = std::move(pattern);
  queue->group = options.group;
  queue->members.push_back(member);
  queues_.push_back(queue);
  return Place{std::move(queue), std::move(member)};
}

// No new messages come to it from now on; the last one of a queue keeps what is in it.
void State::leave(const Place& place) {
  if (std::exchange(place.member->leaving, true)) return;
  --subscriptions_;
  if (place.queue->members.size() > 1) {
    std::erase(place.queue->members, place.member);
  } else {
    std::erase(queues_, place.queue);
  }
}

Completion<bool> State::drain(const Place& place) {
  Completion<bool> drained;
  Due due;
  {
    const std::lock_guard lock(mutex_);
    leave(place);
    place.member->drained.push_back(drained);
    finish_draining(place.member, *place.queue, due);
    due.queues.push_back(place.queue);  // others may take what waits to come again
  }
  pump(std::move(due));
  return drained;
}

std::size_t State::close(const Place& place) {
  Due due;
  std::deque<Entry> lost;  // ends after the lock
  std::deque<Entry> lost_again;
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = *place.queue;
    leave(place);
    if (takes_from(queue, place.member)) {  // the last one
      queue.members.clear();
      queue.closed = true;
      lost.swap(queue.entries);
      lost_again.swap(queue.again);
      queue.bytes = 0;
      for (const Entry& entry : lost_again)
        if (entry.member != nullptr) --entry.member->unsettled;
      count = lost.size() + lost_again.size() + place.member->delayed;
      done_with(lost.size() + lost_again.size(), due);
      std::vector<QueuePtr> changed;
      for (const WaiterPtr& waiter : queue.waiters) {
        changed.insert(changed.end(), waiter->targets.begin(), waiter->targets.end());
        if (!waiter->finished && can_put(waiter->targets, waiter->bytes, waiter.get()))
          let_in(waiter, due);
      }
      admit(std::move(changed), due);
    } else {
      for (Entry& entry : queue.again)
        if (entry.member == place.member) {
          --place.member->unsettled;
          entry.member = nullptr;
        }
      due.queues.push_back(place.queue);
    }
    finish_draining(place.member, queue, due);
  }
  pump(std::move(due));
  return count;
}

Completion<bool> State::idle() {
  Completion<bool> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (open_ > 0) {
      idle_.push_back(waiting);
      return waiting;
    }
  }
  waiting.complete(true);
  return waiting;
}

}  // namespace capstan::messaging::memory
