// EventLoop: one thread that waits for sockets, timers and work from other threads.
//
// A service with a client library that never blocks runs all of its connections on one. Work is
// handed over through post(), whose wake-ups are batched: a thousand posts while the loop is busy
// cost one. Everything else is for the loop's own thread only.
//
// What is posted must be short and must not throw. Ending the loop runs what was posted before and
// then stops the thread; timers that are not due yet are dropped.
#pragma once

#include <capstan/backend/service/deadline.h>
#include <capstan/base/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace capstan::service {

class EventLoop {
 public:
  // `name` is the thread's, of at most 15 characters: what debuggers and `top` show.
  [[nodiscard]] static Result<std::unique_ptr<EventLoop>> start(const std::string& name);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // Posts work from any thread, also after the loop ended: then it is dropped.
  class Poster {
   public:
    void post(std::function<void()> work) const;

   private:
    friend class EventLoop;
    struct Inbox;
    std::shared_ptr<Inbox> inbox_;  // shared with the loop
  };
  [[nodiscard]] const Poster& poster() const { return poster_; }
  void post(std::function<void()> work) const { poster_.post(std::move(work)); }

  [[nodiscard]] bool in_loop() const;

  // Runs `work` once, at that time. A number that was cancelled or has run means nothing.
  using Timer = std::uint64_t;
  Timer at(TimePoint time, std::function<void()> work);
  void cancel(Timer timer);

  // Told when the descriptor is ready, as long as it is watched.
  class Watcher {
   public:
    virtual void readable() = 0;
    virtual void writable() = 0;

   protected:
    ~Watcher() = default;
  };
  struct Interest {
    bool read = false;
    bool write = false;
  };
  using Watch = std::uint64_t;
  // `watcher` and the descriptor outlive the watch; within unwatch() it is forgotten, also when
  // more about it was about to be told.
  [[nodiscard]] Result<Watch> watch(int descriptor, Interest interest, Watcher& watcher);
  void change(Watch watch, Interest interest);
  void unwatch(Watch watch);

 private:
  struct State;
  explicit EventLoop(std::unique_ptr<State> state);
  void run();
  void turn();
  [[nodiscard]] int wait_ms() const;
  void run_posted();
  void run_timers();
  void tell(std::uint64_t watch, std::uint32_t events);

  Poster poster_;
  std::unique_ptr<State> state_;
};

}  // namespace capstan::service
