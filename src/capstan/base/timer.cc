#include <capstan/base/timer.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace capstan {

struct Timer::State {
  using Clock = std::chrono::steady_clock;

  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::pair<Clock::time_point, Id>, std::function<void()>> calls;  // the next one first
  std::map<Id, Clock::time_point> times;
  Id last = 0;
  bool ending = false;
  std::thread thread;

  void work() {
    std::unique_lock lock(mutex);
    while (!ending) {
      if (calls.empty()) {
        changed.wait(lock);
        continue;
      }
      const auto next = calls.begin();
      const Clock::time_point when = next->first.first;
      if (Clock::now() < when) {
        changed.wait_until(lock, when);
        continue;
      }
      std::function<void()> call = std::move(next->second);
      times.erase(next->first.second);
      calls.erase(next);
      lock.unlock();
      call();
      call = nullptr;  // what it owns ends without the lock
      lock.lock();
    }
  }
};

Timer::Timer() : state_(std::make_shared<State>()) {}

Timer::~Timer() {
  std::map<std::pair<State::Clock::time_point, Id>, std::function<void()>> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
    dropped.swap(state_->calls);
  }
  state_->changed.notify_all();
  if (!state_->thread.joinable()) return;
  if (state_->thread.get_id() == std::this_thread::get_id()) {
    state_->thread.detach();
  } else {
    state_->thread.join();
  }
}

Timer::Id Timer::after(std::chrono::milliseconds delay, std::function<void()> work) {
  const std::shared_ptr<State> state = state_;  // what is called may end this timer meanwhile
  Id id = 0;
  {
    const std::lock_guard lock(state->mutex);
    const State::Clock::time_point when = State::Clock::now() + delay;
    id = ++state->last;
    state->calls.emplace(std::pair(when, id), std::move(work));
    state->times.emplace(id, when);
    if (!state->thread.joinable()) state->thread = std::thread([state] { state->work(); });
  }
  state->changed.notify_one();
  return id;
}

void Timer::cancel(Id id) {
  std::function<void()> dropped;  // ends after the lock
  const std::lock_guard lock(state_->mutex);
  const auto time = state_->times.find(id);
  if (time == state_->times.end()) return;
  const auto call = state_->calls.find({time->second, id});
  if (call != state_->calls.end()) {
    dropped = std::move(call->second);
    state_->calls.erase(call);
  }
  state_->times.erase(time);
}

}  // namespace capstan
