// What the memory broker is made of: queues and who takes from them, sends that wait, and requests.
//
// Plain data; memory_state.h has the rules. The state's mutex protects all of it.
#pragma once

#include <capstan/base/timer.h>
#include <capstan/capability/messaging/messaging.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace capstan::messaging::memory {

using MessagePtr = std::shared_ptr<const Message>;  // shared by all who get the message

struct Queue;
struct Inbox;

// A subscription.
struct Member {
  Handler handler;  // called while `queue` is being pumped only
  std::uint32_t in_flight_max = 1;
  std::uint32_t unsettled = 0;  // what it works on, with what waits to come again
  std::uint32_t delayed = 0;    // what waits to come again
  bool leaving = false;         // drained or closed
  std::vector<Completion<bool>> drained;
};
using MemberPtr = std::shared_ptr<Member>;

// A message in one queue, or on its way from there.
struct Entry {
  MessagePtr message;
  std::uint64_t bytes = 0;
  std::uint32_t attempt = 1;
  std::shared_ptr<Inbox> inbox;  // of the request that it is, if it is one
  MemberPtr member;              // who works on it
};

// A send that waits for room in all queues it is for.
struct Waiter {
  MessagePtr message;
  std::uint64_t bytes = 0;
  std::shared_ptr<Inbox> inbox;
  std::vector<std::shared_ptr<Queue>> targets;
  Completion<Outcome<void>> result;
  std::function<void()> then;  // for a dead letter: what follows, called without the lock
  Timer::Id timer = 0;         // none for a dead letter, which waits as long as it takes
  bool finished = false;
};
using WaiterPtr = std::shared_ptr<Waiter>;

// The messages for one subscription, or for the members of a group with one pattern.
struct Queue {
  std::string pattern;
  std::string group;
  std::vector<MemberPtr> members;
  std::size_t turn = 0;  // whose, of the members
  std::deque<Entry> entries;
  std::uint64_t bytes = 0;
  std::deque<Entry> again;        // whose delay is over; each still counts as its member's
  std::deque<WaiterPtr> waiters;  // in the order in which they came
  bool pumped = false;            // a thread is calling handlers
  bool closed = false;            // what is put in goes nowhere
};
using QueuePtr = std::shared_ptr<Queue>;

// Where the replies to one request arrive.
struct Inbox {
  std::uint32_t expected = 1;  // 0: as many as come
  std::vector<Message> replies;
  std::uint64_t bytes = 0;
  std::size_t receivers = 0;
  std::size_t failed = 0;
  bool finished = false;
  Completion<Outcome<std::vector<Message>>> done;
};

}  // namespace capstan::messaging::memory
