// KeyLock: one writer of a key at a time, among threads, processes and machines that share a
// folder.
//
// A lock is a file that only one can create, ".lock-" and the name of the key's file. It is removed
// by whoever made it; if that one died, by the first who finds it older than the lease. A holder
// that was held up for longer than that finds out with in_time() before it changes anything.
#pragma once

#include <capstan/keyfiles/failure.h>

#include <chrono>
#include <string>

namespace capstan::keyfiles {

struct LockOptions {
  // How old a lock may become. What is done under one takes milliseconds.
  std::chrono::milliseconds lease = std::chrono::seconds(5);
  // How long somebody waits for one.
  std::chrono::milliseconds patience = std::chrono::seconds(10);
};

class KeyLock {
 public:
  // `folder` must outlive the lock.
  [[nodiscard]] static Outcome<KeyLock> take(int folder, const std::string& file_name,
                                             const LockOptions& options);
  KeyLock(KeyLock&& other) noexcept;
  KeyLock& operator=(KeyLock&&) = delete;
  ~KeyLock();

  // Whether nobody can have taken it for left behind.
  [[nodiscard]] bool in_time() const;

 private:
  using Clock = std::chrono::steady_clock;
  KeyLock(int folder, std::string name, Clock::time_point until)
      : folder_(folder), name_(std::move(name)), until_(until) {}

  int folder_;
  std::string name_;  // empty: moved away
  Clock::time_point until_;
};

}  // namespace capstan::keyfiles
