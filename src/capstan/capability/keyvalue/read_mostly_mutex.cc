#include <capstan/capability/keyvalue/read_mostly_mutex.h>

#include <array>
#include <cstddef>
#include <thread>

namespace capstan::keyvalue {
namespace {

// Where threads say what they read; more threads share places, and are slower then.
constexpr std::size_t place_count = 32;
constexpr int spins_before_yield = 100;

struct alignas(64) Place {
  std::atomic<const ReadMostlyMutex*> reads = nullptr;
};
std::array<Place, place_count> places;

std::size_t next_thread() {
  static std::atomic<std::size_t> count = 0;
  return count++ % place_count;
}

Place& own_place() {
  thread_local const std::size_t number = next_thread();
  return places[number];
}

}  // namespace

// Reader and writer each write first and look afterwards, in one order for all (seq_cst): one of
// the two sees the other.
ReadMostlyMutex::ReadLock::ReadLock(ReadMostlyMutex& mutex) {
  std::atomic<const ReadMostlyMutex*>& place = own_place().reads;
  const ReadMostlyMutex* free = nullptr;
  if (place.compare_exchange_strong(free, &mutex)) {
    if (!mutex.writing_.load()) {
      place_ = &place;
      return;
    }
    place.store(nullptr, std::memory_order_release);
  }
  mutex.writers_.lock();
  mutex_ = &mutex;
}

void ReadMostlyMutex::lock() {
  writers_.lock();
  writing_.store(true);
  for (Place& place : places)
    for (int spins = 0; place.reads.load() == this; ++spins)
      if (spins > spins_before_yield) std::this_thread::yield();
}

void ReadMostlyMutex::unlock() {
  writing_.store(false, std::memory_order_release);
  writers_.unlock();
}

}  // namespace capstan::keyvalue
