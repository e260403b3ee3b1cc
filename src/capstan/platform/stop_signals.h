// StopSignals: waiting for SIGINT or SIGTERM, for programs that serve until they are told to end.
//
// While one lives, the first of them is noticed and the next one ends the process as usual, so that
// somebody who is tired of waiting can. One at a time in a process.
#pragma once

#include <capstan/base/result.h>

namespace capstan::platform {

class StopSignals {
 public:
  [[nodiscard]] static Result<StopSignals> watch();
  StopSignals(StopSignals&& other) noexcept;
  StopSignals& operator=(StopSignals&&) = delete;
  ~StopSignals();

  // Sleeps until one comes, or came since watch().
  void wait() const;

 private:
  explicit StopSignals(int read_end) : read_end_(read_end) {}
  int read_end_;  // of a pipe; -1: moved away
};

}  // namespace capstan::platform
