#include <capstan/backend/service/event_loop.h>

#include <capstan/base/descriptor.h>

#include <capstan/base/check.h>

#include <fmt/format.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace capstan::service {
namespace {

constexpr std::size_t events_per_turn = 64;
constexpr std::uint64_t wake_up = 0;  // the number of the eventfd among the watches

std::unexpected<Error> no_loop(const char* what) {
  return fail(ErrorCode::io, fmt::format("{} cannot be made: {}", what, std::strerror(errno)));
}

std::uint32_t events_of(EventLoop::Interest interest) {
  return (interest.read ? std::uint32_t{EPOLLIN} : 0U) |
         (interest.write ? std::uint32_t{EPOLLOUT} : 0U);
}

}  // namespace

struct EventLoop::Poster::Inbox {
  Inbox() : wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  std::mutex mutex;
  std::vector<std::function<void()>> work;
  bool closed = false;
  bool loop_sleeps = false;  // then it must be woken
  Descriptor wake;
};

struct EventLoop::State {
  State() : epoll(::epoll_create1(EPOLL_CLOEXEC)) {}

  Descriptor epoll;
  bool stopping = false;
  std::vector<std::function<void()>> working;  // kept, so that its memory is used again

  std::map<std::pair<TimePoint, Timer>, std::function<void()>> timers;
  std::unordered_map<Timer, TimePoint> timer_times;
  Timer next_timer = 1;

  struct Watched {
    int descriptor;
    Watcher* watcher;
    std::uint32_t events;
  };
  std::unordered_map<Watch, Watched> watches;
  Watch next_watch = wake_up + 1;

  std::thread thread;
};

void EventLoop::Poster::post(std::function<void()> work) const {
  const std::lock_guard lock(inbox_->mutex);
  if (inbox_->closed) return;
  inbox_->work.push_back(std::move(work));
  if (!std::exchange(inbox_->loop_sleeps, false)) return;  // it looks before it sleeps
  const std::uint64_t one = 1;
  // Can fail only when the counter is full, and then the loop has been told.
  [[maybe_unused]] const auto written = ::write(inbox_->wake.get(), &one, sizeof one);
}

EventLoop::EventLoop(std::unique_ptr<State> state) : state_(std::move(state)) {
  poster_.inbox_ = std::make_shared<Poster::Inbox>();
}

Result<std::unique_ptr<EventLoop>> EventLoop::start(const std::string& name) {
  auto state = std::make_unique<State>();
  if (state->epoll.get() < 0) return no_loop("an epoll instance");
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(state)));
  const int wake = loop->poster_.inbox_->wake.get();
  if (wake < 0) return no_loop("an eventfd");
  // Told of each write, so that nobody needs to read it.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = wake_up}};
  if (::epoll_ctl(loop->state_->epoll.get(), EPOLL_CTL_ADD, wake, &event) != 0)
    return no_loop("a watch of an eventfd");
  try {
    loop->state_->thread = std::thread([loop = loop.get()] { loop->run(); });
  } catch (const std::system_error& error) {
    return fail(ErrorCode::io, fmt::format("a thread cannot be made: {}", error.what()));
  }
  ::pthread_setname_np(loop->state_->thread.native_handle(), name.substr(0, 15).c_str());
  return loop;
}

EventLoop::~EventLoop() {
  if (!state_->thread.joinable()) return;
  CAPSTAN_CHECK(!in_loop(), "an event loop is ended by its own thread");
  post([this] { state_->stopping = true; });
  state_->thread.join();
}

bool EventLoop::in_loop() const { return std::this_thread::get_id() == state_->thread.get_id(); }

EventLoop::Timer EventLoop::at(TimePoint time, std::function<void()> work) {
  const Timer timer = state_->next_timer++;
  state_->timers.emplace(std::pair(time, timer), std::move(work));
  state_->timer_times.emplace(timer, time);
  return timer;
}

void EventLoop::cancel(Timer timer) {
  const auto found = state_->timer_times.find(timer);
  if (found == state_->timer_times.end()) return;
  state_->timers.erase({found->second, timer});
  state_->timer_times.erase(found);
}

Result<EventLoop::Watch> EventLoop::watch(int descriptor, Interest interest, Watcher& watcher) {
  const Watch watch = state_->next_watch++;
  epoll_event event{.events = events_of(interest), .data = {.u64 = watch}};
  if (::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    return no_loop("a watch of a socket");
  state_->watches.emplace(watch, State::Watched{descriptor, &watcher, event.events});
  return watch;
}

void EventLoop::change(Watch watch, Interest interest) {
  const auto found = state_->watches.find(watch);
  if (found == state_->watches.end() || found->second.events == events_of(interest)) return;
  found->second.events = events_of(interest);
  epoll_event event{.events = found->second.events, .data = {.u64 = watch}};
  const int changed =
      ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_MOD, found->second.descriptor, &event);
  CAPSTAN_CHECK(changed == 0, "a watched descriptor was closed");
}

void EventLoop::unwatch(Watch watch) {
  const auto found = state_->watches.find(watch);
  if (found == state_->watches.end()) return;
  epoll_event event{};
  (void)::epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, found->second.descriptor, &event);
  state_->watches.erase(found);
}

void EventLoop::run() {
  while (!state_->stopping) {
    turn();
    run_posted();
    run_timers();
  }
  // What comes now is dropped, outside the lock: it may own what posts again.
  std::vector<std::function<void()>> dropped;
  const std::lock_guard lock(poster_.inbox_->mutex);
  poster_.inbox_->closed = true;
  dropped.swap(poster_.inbox_->work);
}

int EventLoop::wait_ms() const {
  {
    const std::lock_guard lock(poster_.inbox_->mutex);
    poster_.inbox_->loop_sleeps = poster_.inbox_->work.empty();
    if (!poster_.inbox_->loop_sleeps) return 0;
  }
  if (state_->timers.empty()) return -1;
  const TimePoint next = state_->timers.begin()->first.first;
  return static_cast<int>(
      std::min<Milliseconds::rep>(Deadline(next).left(Clock::now()).count(), 60'000));
}

// Waits for something to happen and deals with it.
void EventLoop::turn() {
  std::array<epoll_event, events_per_turn> events;
  const int count =
      ::epoll_wait(state_->epoll.get(), events.data(), static_cast<int>(events.size()), wait_ms());
  CAPSTAN_CHECK(count >= 0 || errno == EINTR, "an event loop cannot wait");
  for (int i = 0; i < count; ++i)
    tell(events[static_cast<std::size_t>(i)].data.u64, events[static_cast<std::size_t>(i)].events);
}

void EventLoop::tell(std::uint64_t watch, std::uint32_t events) {
  if (watch == wake_up) return;  // run_posted() follows
  // An error is for whoever reads or writes next.
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  auto found = state_->watches.find(watch);
  if (found == state_->watches.end()) return;
  const std::uint32_t wanted = found->second.events;
  if ((wanted & EPOLLIN) != 0 && ((events & EPOLLIN) != 0 || broken))
    found->second.watcher->readable();
  found = state_->watches.find(watch);  // reading may have ended it
  if (found == state_->watches.end()) return;
  if ((wanted & EPOLLOUT) != 0 && ((events & EPOLLOUT) != 0 || broken))
    found->second.watcher->writable();
}

void EventLoop::run_posted() {
  {
    const std::lock_guard lock(poster_.inbox_->mutex);
    poster_.inbox_->loop_sleeps = false;
    state_->working.swap(poster_.inbox_->work);
  }
  for (const auto& work : state_->working) work();
  state_->working.clear();
}

void EventLoop::run_timers() {
  if (state_->timers.empty()) return;
  const TimePoint now = Clock::now();
  while (!state_->timers.empty() && state_->timers.begin()->first.first <= now) {
    auto due = state_->timers.extract(state_->timers.begin());
    state_->timer_times.erase(due.key().second);
    due.mapped()();
  }
}

}  // namespace capstan::service
