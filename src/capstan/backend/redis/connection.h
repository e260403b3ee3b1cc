// One connection to a server: opens it when something is to be sent, keeps commands in order, and
// opens it again when it broke.
//
//   resting -> opening -> greeting -> ready
//      ^---------+-----------+---------+      on any failure, then again after a while if
//                                             somebody waits
//
// What was sent and not answered when the connection breaks is sent again first, in the old order,
// where that is safe; so guests that share a connection never see one command overtaken by another.
//
// Threads: everything here happens on the event loop; a Call is shared with the thread that waits.
#pragma once

#include <capstan/backend/redis/command.h>
#include <capstan/backend/redis/redis.h>
#include <capstan/backend/redis/tls.h>
#include <capstan/backend/service/backoff.h>
#include <capstan/backend/service/event_loop.h>
#include <capstan/backend/service/in_flight.h>
#include <capstan/backend/service/pending.h>
#include <capstan/backend/service/resolver.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct redisAsyncContext;
struct redisReply;

namespace capstan::redis {

struct Call final : service::Pending<Answer> {
  Call(Command what, service::Deadline until, service::InFlight::Place taken)
      : command(std::move(what)), deadline(until), place(std::move(taken)) {}

  // The rest belongs to the event loop.
  Command command;
  service::Deadline deadline;
  service::InFlight::Place place;
  std::uint32_t repeats = 0;
  std::uint32_t failed_connects = 0;
  service::TimePoint sent_at{};
  std::uint64_t wire_end = 0;   // bytes sent on the connection up to its last one
  bool put_off = false;         // the server said that it did not do it, for now
  bool perhaps = false;         // it may have been carried out
  bool perhaps_before = false;  // the same before it was sent the last time
};

class Connection final : private service::EventLoop::Watcher {
 public:
  // All of them outlive it. `tls`: null without.
  Connection(service::EventLoop& loop, const Options& options, const Tls* tls);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();  // whoever still waits is told that the store is being closed

  void add(std::shared_ptr<Call> call) { queue_.push_back(std::move(call)); }
  // Sends what was added, or sees to it that it will be.
  void flush();
  // Looks after deadlines.
  void sweep(service::TimePoint now);
  // Nobody waits and nothing is on its way.
  [[nodiscard]] bool quiet() const {
    return queue_.empty() && sent_.empty() && state_ != State::opening && state_ != State::greeting;
  }

 private:
  enum class State : std::uint8_t { resting, opening, greeting, ready };
  struct Hooks;  // what hiredis calls

  void open();
  void open_next_address();
  void opened();
  bool start_tls();
  void greet();
  void greeted(const redisReply& reply);
  void failed_to_open();
  void rest_until_due();

  void send_queue();
  void answered(const redisReply& reply);
  void broken(std::uint64_t bytes_left);
  void gone();
  void end(std::string why);  // closes it
  bool give_up_late(Call& call, service::TimePoint now);
  // Answers the call with a failure, which says whether it may have happened all the same.
  void fail(Call& call, service::Failure::Kind kind, std::string message) const;

  void readable() override;
  void writable() override;
  void update_interest();

  [[nodiscard]] service::Failure failure(service::Failure::Kind kind, std::string message) const;
  [[nodiscard]] std::string server() const;
  [[nodiscard]] std::string why_not_yet() const;

  service::EventLoop& loop_;
  const Options& options_;
  const Tls* tls_;
  State state_ = State::resting;
  std::deque<std::shared_ptr<Call>> queue_;  // to be sent; shared with whoever waits
  std::deque<std::shared_ptr<Call>> sent_;   // in the order of their answers

  redisAsyncContext* context_ = nullptr;  // hiredis' own; gone() says when it ends
  ssl_st* session_ = nullptr;             // the context's
  std::optional<service::EventLoop::Watch> watch_;
  service::EventLoop::Interest interest_;
  std::uint64_t bytes_added_ = 0;
  service::TimePoint last_read_{};
  std::string why_;  // why it ends, when that was our decision

  service::Addresses addresses_;
  std::size_t next_address_ = 0;
  std::size_t greetings_left_ = 0;
  std::optional<service::Failure> greeting_failure_;
  service::TimePoint open_until_{};
  service::TimePoint open_not_before_{};
  std::optional<service::EventLoop::Timer> open_timer_;
  service::Backoff backoff_;
  std::shared_ptr<std::uint64_t> attempt_;  // its number; weakly shared with look-ups
};

}  // namespace capstan::redis
