#include "counters.h"

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <stdexcept>
#include <string>

namespace example {
namespace {

using capstan::bundle::LogLevel;

class Counter final : public counters::Counter {
 public:
  Counter(const capstan::bundle::Host& host, std::uint32_t value, std::uint32_t limit)
      : host_(host), value_(value), limit_(limit) {}
  ~Counter() override { host_.log(LogLevel::debug, "a counter ends at " + std::to_string(value_)); }

  // An exception becomes a trap of the guest.
  std::uint32_t add(std::uint32_t n) override {
    if (n > limit_ - value_)
      throw std::out_of_range("more than the limit of " + std::to_string(limit_));
    return value_ += n;
  }
  [[nodiscard]] std::uint32_t value() const { return value_; }

 private:
  const capstan::bundle::Host& host_;
  std::uint32_t value_;
  std::uint32_t limit_;
};

std::uint32_t value_of(const counters::Counter& counter) {
  return static_cast<const Counter&>(counter).value();
}

std::uint32_t configured_limit(const capstan::bundle::Host& host) {
  const std::string_view text = host.config("limit").value_or("1000");
  std::uint32_t limit = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (failed != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("'limit' must be a number, not '" + std::string(text) + "'");
  return limit;
}

}  // namespace

Clock::~Clock() {
  const std::lock_guard lock(mutex_);
  threads_.clear();  // asks each to stop, and waits for it
}

void Clock::after(std::uint32_t wait_ms, capstan::Completion<bool> then) {
  const std::lock_guard lock(mutex_);
  threads_.emplace_back([wait_ms, then](const std::stop_token& stop) mutable {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock waiting(mutex);
    (void)stopped.wait_for(waiting, stop, std::chrono::milliseconds(wait_ms), [] { return false; });
    then.complete(true);
  });
}

Counters::Counters(const capstan::bundle::Host& host, Clock& clock)
    : host_(host), clock_(clock), limit_(configured_limit(host)) {
  host_.log(LogLevel::debug, "a store begins");
}
Counters::~Counters() { host_.log(LogLevel::debug, "a store ends"); }

std::unique_ptr<counters::Counter> Counters::make_counter(std::uint32_t start) {
  ++made_;
  return std::make_unique<Counter>(host_, start, limit_);
}

std::unique_ptr<counters::Counter> Counters::counter_merge(std::unique_ptr<counters::Counter> a,
                                                           std::unique_ptr<counters::Counter> b) {
  return make_counter(value_of(*a) + value_of(*b));
}

capstan::Task<std::uint32_t> Counters::slow_sum(counters::Counter& a, counters::Counter& b,
                                                std::uint32_t wait_ms) {
  capstan::Completion<bool> later;
  clock_.after(wait_ms, later);
  co_await later.wait();
  co_return value_of(a) + value_of(b);
}

}  // namespace example
