// Backoff: how long to wait before trying again what failed, twice as long each time.
//
// Half of each wait is left to chance, so that those whom one failure met do not come back all at
// the same moment. Threads: one at a time.
#pragma once

#include <capstan/backend/service/deadline.h>

#include <cstdint>
#include <random>

namespace capstan::service {

class Backoff {
 public:
  struct Options {
    Milliseconds first = Milliseconds(100);
    Milliseconds most = Milliseconds(1000);
    std::uint64_t seed = std::random_device()();
  };
  explicit Backoff(const Options& options);

  // The next wait: between half of what is due and all of it.
  [[nodiscard]] Milliseconds next();
  // After a success: begins with the first wait again.
  void reset() { due_ = options_.first; }

 private:
  Options options_;
  Milliseconds due_;
  std::mt19937_64 random_;
};

}  // namespace capstan::service
