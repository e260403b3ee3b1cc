// ReadMostlyMutex: a lock whose readers do not slow each other down.
//
// A reader of an ordinary lock for readers and writers writes to the lock itself, so that the
// processors of two readers take its memory from each other. Here a reader says in a place of its
// own thread what it reads; a writer, which has more to do anyway, looks at all those places and
// waits until nobody reads what it wants to change. Meant for reads of some hundred instructions.
// Threads: any. A thread that reads one of these locks and asks for another may wait for its
// writer: lock several only as a writer, or with ReadLock's own list, always in the same order.
#pragma once

#include <atomic>
#include <mutex>
#include <utility>

namespace capstan::keyvalue {

class ReadMostlyMutex {
 public:
  ReadMostlyMutex() = default;
  ReadMostlyMutex(const ReadMostlyMutex&) = delete;
  ReadMostlyMutex& operator=(const ReadMostlyMutex&) = delete;

  void lock();
  void unlock();

  class ReadLock {
   public:
    ReadLock() = default;  // locks nothing
    explicit ReadLock(ReadMostlyMutex& mutex);
    ReadLock(ReadLock&& other) noexcept
        : place_(std::exchange(other.place_, nullptr)), mutex_(std::exchange(other.mutex_, {})) {}
    ReadLock& operator=(ReadLock&& other) noexcept {
      std::swap(place_, other.place_);
      std::swap(mutex_, other.mutex_);
      return *this;
    }
    ~ReadLock() {
      if (place_ != nullptr) {
        place_->store(nullptr, std::memory_order_release);
      } else if (mutex_ != nullptr) {
        mutex_->writers_.unlock();
      }
    }

   private:
    std::atomic<const ReadMostlyMutex*>* place_ = nullptr;
    ReadMostlyMutex* mutex_ = nullptr;  // when there was no place: it is held like a writer's
  };

 private:
  std::mutex writers_;
  std::atomic<bool> writing_ = false;
};

}  // namespace capstan::keyvalue
