#include <capstan/capability/keyvalue/read_mostly_mutex.h>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace capstan::keyvalue {
namespace {

TEST(ReadMostlyMutex, ShowsReadersNothingHalfDone) {
  constexpr int rounds = 20'000;
  ReadMostlyMutex mutex;
  int a = 0;
  int b = 0;
  std::atomic<int> torn = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        const std::lock_guard lock(mutex);
        ++a;
        ++b;
      }
    });
  // More than there are places.
  for (int i = 0; i < 40; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < rounds / 10; ++round) {
        const ReadMostlyMutex::ReadLock lock(mutex);
        if (a != b) ++torn;
      }
    });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(torn, 0);
  EXPECT_EQ(a, 2 * rounds);
}

TEST(ReadMostlyMutex, LetsOneThreadReadSeveral) {
  ReadMostlyMutex one;
  ReadMostlyMutex two;
  {
    const ReadMostlyMutex::ReadLock first(one);
    const ReadMostlyMutex::ReadLock second(two);
  }
  const std::lock_guard first(one);
  const std::lock_guard second(two);
}

}  // namespace
}  // namespace capstan::keyvalue
