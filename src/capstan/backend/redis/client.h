// Client: commands from any thread, over a few connections of one event loop.
//
// Commands of many guests meet in one queue; the loop is woken once for all that came since it
// last looked, and sends them together. Threads: run() from any thread; ending it from any thread.
#pragma once

#include <capstan/backend/redis/command.h>
#include <capstan/backend/redis/redis.h>
#include <capstan/backend/service/deadline.h>
#include <capstan/backend/service/event_loop.h>
#include <capstan/backend/service/in_flight.h>
#include <capstan/base/result.h>
#include <capstan/base/task.h>

#include <memory>
#include <string>

namespace capstan::redis {

class Client {
 public:
  [[nodiscard]] static Result<std::shared_ptr<Client>> start(const Options& options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  // Whoever still waits is told that the store is being closed.
  ~Client();

  // The answer, within the timeout. Destroying the task forgets it; what was not sent yet is not
  // sent. The client outlives the task.
  [[nodiscard]] Task<Answer> run(Command command);

  [[nodiscard]] const Options& options() const;

 private:
  struct State;
  Task<Answer> run_in_turn(Command command, service::Deadline deadline);
  Task<Answer> send(Command command, service::Deadline deadline, service::InFlight::Place place);
  explicit Client(std::shared_ptr<State> state, std::unique_ptr<service::EventLoop> loop);

  std::shared_ptr<State> state_;  // shared with what is posted to the loop
  std::unique_ptr<service::EventLoop> loop_;
};

}  // namespace capstan::redis
