// Deadline: until when something has to be done.
//
// Threads: a value; used from any thread.
#pragma once

#include <algorithm>
#include <chrono>

namespace capstan::service {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Milliseconds = std::chrono::milliseconds;

class Deadline {
 public:
  [[nodiscard]] static Deadline after(Milliseconds time) { return Deadline(Clock::now() + time); }
  explicit Deadline(TimePoint at) : at_(at) {}

  [[nodiscard]] TimePoint at() const { return at_; }
  [[nodiscard]] bool passed(TimePoint now) const { return now >= at_; }
  [[nodiscard]] Milliseconds left(TimePoint now) const {
    return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(at_ - now));
  }

 private:
  TimePoint at_;
};

}  // namespace capstan::service
