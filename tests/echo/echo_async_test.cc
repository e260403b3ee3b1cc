// The same with a host whose functions are tasks: the guest is suspended in each of them, and
// another thread wakes it.
#include "echo.h"
#include "random_value.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>

namespace capstan::testing {
namespace {

namespace t = wit::capstan_::echo::types;
namespace host_echo = wit::capstan_::echo::host_echo;

// A thread that answers later.
class OtherThread {
 public:
  OtherThread() : thread_([this] { run(); }) {}
  ~OtherThread() {
    post(nullptr);
    thread_.join();
  }
  void post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
  }

 private:
  void run() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !jobs_.empty(); });
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      if (job == nullptr) return;
      job();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::thread thread_;
};

class EchoHost final : public host_echo::Host {
 public:
  Task<void> echo_nothing() override { co_await pause(); }
#define ECHO(name, ...)                                   \
  Task<__VA_ARGS__> echo_##name(__VA_ARGS__ x) override { \
    co_await pause();                                     \
    co_return x;                                          \
  }
#include "functions.h"
#undef ECHO
  Task<std::tuple<std::string, std::vector<std::uint32_t>>> echo_two_params(
      std::string a, std::vector<std::uint32_t> b) override {
    co_await pause();
    co_return std::tuple(std::move(a), std::move(b));
  }
  Task<t::Sixteen> echo_sixteen_params(std::uint8_t a, std::int8_t b, std::uint16_t c,
                                       std::int16_t d, std::uint32_t e, std::int32_t f,
                                       std::uint64_t g, std::int64_t h, float i, double j, bool k,
                                       char32_t l, std::uint8_t m, std::uint16_t n, std::uint32_t o,
                                       std::uint64_t p) override {
    return t::Sixteen{a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p};
  }
  Task<t::Many> echo_many_params(std::uint8_t a, std::int8_t b, std::uint16_t c, std::int16_t d,
                                 std::uint32_t e, std::int32_t f, std::uint64_t g, std::int64_t h,
                                 float i, double j, bool k, char32_t l, std::string m,
                                 std::vector<std::uint8_t> n, std::optional<std::uint32_t> o,
                                 t::Color p, t::Point q) override {
    co_await pause();
    co_return t::Many{a, b, c, d, e, f, g, h, i, j, k, l, std::move(m), std::move(n), o, p, q};
  }

 private:
  Task<bool> pause() {
    Completion<bool> done;
    other_.post([done]() mutable { done.complete(true); });
    return done.wait();
  }
  OtherThread other_;
};

class EchoAsync : public ::testing::Test {
 protected:
  struct World {
    World() {
      auto engine = Engine::create().value();
      auto component = engine.load_file(ECHO_COMPONENT).value();
      Linker linker(engine);
      linker.add_wasi();
      host_echo::add_to_linker(linker, host).value();
      auto prepared = linker.prepare(component).value();
      EXPECT_TRUE(prepared.may_suspend());
      echo.emplace(wit::capstan_::echo::Echo::instantiate(store, prepared).value());
    }
    EchoHost host;
    Store<> store;
    std::optional<wit::capstan_::echo::Echo> echo;
  };
  static World& world() {
    static World world;
    return world;
  }
  auto via_host() { return world().echo->via_host(); }
};

constexpr int rounds = 20;

template <typename T, typename Call>
void round_trips(Call call) {
  Random random(20261121);
  for (int round = 0; round < rounds; ++round) {
    const T sent = make<T>(random);
    Result<T> received = call(sent);
    ASSERT_TRUE(received.has_value()) << "round " << round << ": " << received.error().message();
    ASSERT_TRUE(*received == sent) << "round " << round << " with seed 20261121";
  }
}

#define ECHO(name, ...)                                                                        \
  TEST_F(EchoAsync, name##_blocking) {                                                         \
    round_trips<__VA_ARGS__>([this](const auto& x) { return via_host().via_host_##name(x); }); \
  }                                                                                            \
  TEST_F(EchoAsync, name##_as_a_task) {                                                        \
    round_trips<__VA_ARGS__>(                                                                  \
        [this](const auto& x) { return block_on(via_host().via_host_##name##_async(x)); });    \
  }
#include "functions.h"
#undef ECHO

TEST_F(EchoAsync, several_parameters) {
  Random random(7);
  for (int round = 0; round < rounds; ++round) {
    const auto m = make<t::Many>(random);
    EXPECT_EQ(via_host()
                  .via_host_many_params(m.a, m.b, m.c, m.d, m.e, m.f, m.g, m.h, m.i, m.j, m.k, m.l,
                                        m.m, m.n, m.o, m.p, m.q)
                  .value(),
              m);
  }
  EXPECT_TRUE(via_host().via_host_nothing().has_value());
}

}  // namespace
}  // namespace capstan::testing
