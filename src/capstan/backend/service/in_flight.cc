#include <capstan/backend/service/in_flight.h>

#include <list>
#include <mutex>
#include <optional>

namespace capstan::service {

struct InFlightShared {
  explicit InFlightShared(const InFlight::Options& chosen) : options(chosen) {}

  struct Waiter {
    Deadline deadline;
    Waker waker;
    enum class State : std::uint8_t { waiting, granted, refused, gone } state = State::waiting;
    std::list<Waiter*>::iterator position;  // while it waits
  };
  const InFlight::Options options;
  std::mutex mutex;
  std::size_t used = 0;
  std::list<Waiter*> waiting;  // each owned by the task that waits
};

namespace {

using Waiter = InFlightShared::Waiter;
using State = Waiter::State;

// Gives a place to whoever waits longest, or back.
void give_back_place(InFlightShared& shared) {
  Waker next;
  {
    const std::lock_guard lock(shared.mutex);
    if (shared.waiting.empty()) {
      --shared.used;
      return;
    }
    Waiter& waiter = *shared.waiting.front();
    shared.waiting.pop_front();
    waiter.state = State::granted;
    std::swap(next, waiter.waker);
  }
  next.wake();
}

// One who waits. Ending it leaves the queue, or passes on the place that was never taken.
class Queued final : public base::Leaf {
 public:
  Queued(std::shared_ptr<InFlightShared> shared, Deadline deadline)
      : shared_(std::move(shared)), waiter_{.deadline = deadline, .waker = {}, .position = {}} {}
  Queued(const Queued&) = delete;
  Queued& operator=(const Queued&) = delete;
  ~Queued() {
    State state;
    Waker forgotten;  // ends after the lock: what a waker owns may use this
    {
      const std::lock_guard lock(shared_->mutex);
      state = std::exchange(waiter_.state, State::gone);
      if (state == State::waiting) shared_->waiting.erase(waiter_.position);
      std::swap(forgotten, waiter_.waker);
    }
    if (state == State::granted) give_back_place(*shared_);
  }

  // Whether there was room in the queue.
  [[nodiscard]] bool join() {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->used < shared_->options.most) {
      ++shared_->used;
      waiter_.state = State::granted;
    } else if (shared_->waiting.size() < shared_->options.waiting_most) {
      waiter_.position = shared_->waiting.insert(shared_->waiting.end(), &waiter_);
    } else {
      waiter_.state = State::gone;
      return false;
    }
    return true;
  }
  bool ready(const Waker& waker) override {
    Waker replaced = waker;  // the old one ends after the lock
    const std::lock_guard lock(shared_->mutex);
    std::swap(waiter_.waker, replaced);
    return waiter_.state != State::waiting;
  }
  // Whether it has a place, which now is the caller's.
  bool take() {
    const std::lock_guard lock(shared_->mutex);
    return std::exchange(waiter_.state, State::gone) == State::granted;
  }

 private:
  std::shared_ptr<InFlightShared> shared_;  // with the InFlight and all places
  Waiter waiter_;
};

}  // namespace

InFlight::InFlight(const Options& options) : shared_(std::make_shared<InFlightShared>(options)) {}

void InFlight::Place::release(InFlightShared& shared) { give_back_place(shared); }

std::optional<InFlight::Place> InFlight::enter_now() {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->used >= shared_->options.most || !shared_->waiting.empty()) return std::nullopt;
  ++shared_->used;
  return Place(shared_);
}

Task<InFlight::Entered> InFlight::enter(Deadline deadline) {
  if (auto place = enter_now()) return Entered(*std::move(place));
  return wait(shared_, deadline);
}

Task<InFlight::Entered> InFlight::wait(std::shared_ptr<InFlightShared> shared, Deadline deadline) {
  Queued queued(shared, deadline);
  if (!queued.join()) co_return std::unexpected(Refusal::full);
  base::LeafAwaiter<Queued> awaiter{queued};
  const bool granted = co_await awaiter;
  if (!granted) co_return std::unexpected(Refusal::late);
  co_return Place(std::move(shared));
}

bool InFlight::expire(TimePoint now) {
  std::list<Waker> late;
  bool others = false;
  {
    const std::lock_guard lock(shared_->mutex);
    for (auto next = shared_->waiting.begin(); next != shared_->waiting.end();) {
      Waiter& waiter = **next;
      if (!waiter.deadline.passed(now)) {
        ++next;
        continue;
      }
      waiter.state = State::refused;
      late.push_back(std::move(waiter.waker));
      next = shared_->waiting.erase(next);
    }
    others = !shared_->waiting.empty();
  }
  for (const Waker& waker : late) waker.wake();
  return others;
}

}  // namespace capstan::service
