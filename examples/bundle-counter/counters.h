// Counters as resources, and a function that waits: one class for two interfaces.
//
// Each store has its own Counters; all share one Clock, whose threads end when the bundle is
// unloaded.
#pragma once

#include "counter_host.h"

#include <capstan/bundle/kit/implement.h>

#include <mutex>
#include <thread>
#include <vector>

namespace example {

namespace counters = wit::example::counter::counters;
namespace waiting = wit::example::counter::waiting;

// Threads that wait. Ends the waits when it goes.
class Clock {
 public:
  ~Clock();
  // Completes `then` after a while, on another thread.
  void after(std::uint32_t wait_ms, capstan::Completion<bool> then);

 private:
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
};

class Counters final : public counters::Host, public waiting::Host {
 public:
  using Interfaces = capstan::bundle::Interfaces<counters::Host, waiting::Host>;
  using Shared = Clock;

  Counters(const capstan::bundle::Host& host, Clock& clock);
  ~Counters() override;

  std::unique_ptr<counters::Counter> make_counter(std::uint32_t start) override;
  std::unique_ptr<counters::Counter> counter_merge(std::unique_ptr<counters::Counter> a,
                                                   std::unique_ptr<counters::Counter> b) override;
  std::uint32_t made() override { return made_; }

  capstan::Task<std::uint32_t> slow_sum(counters::Counter& a, counters::Counter& b,
                                        std::uint32_t wait_ms) override;

 private:
  const capstan::bundle::Host& host_;
  Clock& clock_;
  std::uint32_t limit_;
  std::uint32_t made_ = 0;
};

}  // namespace example
