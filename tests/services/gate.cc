#include "gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace capstan::services {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int make_listener(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 128) != 0)
    throw std::runtime_error("a gate cannot listen");
  return listener;
}

struct Chunk {
  Clock::time_point due;
  std::string bytes;
};

struct Pair {
  int client;
  int server;
  std::deque<Chunk> answers = {};
  Clock::time_point free_at = {};  // when a throttled line is free again
  bool over = false;
};

void close_all(Pair& pair, bool as_a_crash) {
  if (as_a_crash) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  ::close(pair.client);
  ::close(pair.server);
}

// All of it: tests are small, and sockets take what they get.
bool write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) {
      pollfd writable{.fd = socket, .events = POLLOUT, .revents = 0};
      if (::poll(&writable, 1, 5000) != 1) return false;
      continue;
    }
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

struct Gate::State {
  explicit State(std::uint16_t to) : server_port(to), listener(make_listener(0)) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }

  const std::uint16_t server_port;
  std::uint16_t port = 0;
  std::atomic<std::size_t> came = 0;
  int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

  std::mutex mutex;
  Weather weather;
  bool cut = false;
  bool reset = false;
  bool stop = false;
  std::size_t done = 0;  // orders that were carried out
  std::size_t ordered = 0;

  // The rest belongs to the thread.
  int listener;
  std::list<Pair> pairs;
  std::thread thread;

  void order(const auto& change);
  void run();
  bool obey(Weather& now);
  void accept_one();
  void turn(Weather& now);
  void from_client(Pair& pair, Weather& now);
  void from_server(Pair& pair, const Weather& now);
  static void pass_answers(Pair& pair);
  int wait_ms() const;
};

// Gives an order and waits until it was carried out.
void Gate::State::order(const auto& change) {
  std::size_t mine = 0;
  {
    const std::lock_guard lock(mutex);
    change();
    mine = ++ordered;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
  while (true) {
    {
      const std::lock_guard lock(mutex);
      if (done >= mine) return;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

bool Gate::State::obey(Weather& now) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto drained = ::read(wake, &count, sizeof count);
  const std::lock_guard lock(mutex);
  if (done != ordered) now = weather;
  if (cut || reset || stop) {
    for (Pair& pair : pairs) close_all(pair, reset);
    pairs.clear();
  }
  cut = reset = false;
  if (now.refuse && listener >= 0) {
    ::close(listener);
    listener = -1;
  } else if (!now.refuse && listener < 0) {
    listener = make_listener(port);
  }
  done = ordered;
  return !stop;
}

void Gate::State::run() {
  Weather now;
  while (obey(now)) turn(now);
  if (listener >= 0) ::close(listener);
}

int Gate::State::wait_ms() const {
  auto next = Clock::now() + std::chrono::seconds(60);
  for (const Pair& pair : pairs)
    if (!pair.answers.empty()) next = std::min(next, pair.answers.front().due);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
  return static_cast<int>(std::max<long>(0, left.count()));
}

void Gate::State::turn(Weather& now) {
  std::vector<pollfd> ready = {{.fd = wake, .events = POLLIN, .revents = 0},
                               {.fd = listener, .events = POLLIN, .revents = 0}};
  const short events = now.half_open ? 0 : POLLIN;
  for (const Pair& pair : pairs) {
    ready.push_back({.fd = pair.client, .events = events, .revents = 0});
    ready.push_back({.fd = pair.server, .events = events, .revents = 0});
  }
  const std::size_t known = pairs.size();
  ::poll(ready.data(), ready.size(), wait_ms());
  if (ready[1].revents != 0) accept_one();
  std::size_t i = 2;
  std::size_t looked_at = 0;
  for (Pair& pair : pairs) {
    if (looked_at++ == known) break;
    const short from_client_now = ready[i++].revents;
    const short from_server_now = ready[i++].revents;
    if (now.half_open) continue;
    if (from_client_now != 0) from_client(pair, now);
    if (from_server_now != 0 && !pair.over) from_server(pair, now);
    pass_answers(pair);
  }
  pairs.remove_if([](Pair& pair) {
    if (pair.over) close_all(pair, false);
    return pair.over;
  });
}

void Gate::State::accept_one() {
  const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  ++came;
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(server_port);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(server);
    ::close(client);
    return;
  }
  ::fcntl(server, F_SETFL, O_NONBLOCK);
  const int yes = 1;
  for (const int socket : {client, server})
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  pairs.push_back(Pair{.client = client, .server = server});
}

void Gate::State::from_client(Pair& pair, Weather& now) {
  std::array<char, 16384> bytes{};
  const ssize_t count = ::read(pair.client, bytes.data(), bytes.size());
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) {
    pair.over = true;
    return;
  }
  std::string_view passed(bytes.data(), static_cast<std::size_t>(count));
  if (now.cut_after_bytes) {
    passed = passed.substr(0, *now.cut_after_bytes);
    *now.cut_after_bytes -= passed.size();
    pair.over = *now.cut_after_bytes == 0;
    if (pair.over) now.cut_after_bytes.reset();  // once
  }
  if (!write_all(pair.server, passed)) pair.over = true;
}

void Gate::State::from_server(Pair& pair, const Weather& now) {
  std::array<char, 16384> bytes{};
  const ssize_t count = ::read(pair.server, bytes.data(), bytes.size());
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0 || now.cut_before_answer) {
    pair.over = true;
    return;
  }
  Clock::time_point due = Clock::now() + std::chrono::milliseconds(now.delay_ms);
  if (now.bytes_per_second > 0) {
    pair.free_at =
        std::max(pair.free_at, due) +
        std::chrono::microseconds(count * 1'000'000 / static_cast<ssize_t>(now.bytes_per_second));
    due = pair.free_at;
  }
  pair.answers.push_back(
      Chunk{.due = due, .bytes = std::string(bytes.data(), static_cast<std::size_t>(count))});
}

void Gate::State::pass_answers(Pair& pair) {
  while (!pair.answers.empty() && pair.answers.front().due <= Clock::now()) {
    if (!write_all(pair.client, pair.answers.front().bytes)) pair.over = true;
    pair.answers.pop_front();
  }
}

Gate::Gate(std::uint16_t server_port) : state_(std::make_unique<State>(server_port)) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Gate::~Gate() {
  state_->order([this] { state_->stop = true; });
  state_->thread.join();
  ::close(state_->wake);
}

std::uint16_t Gate::port() const { return state_->port; }
std::size_t Gate::connections() const { return state_->came; }
void Gate::set(const Weather& weather) {
  state_->order([&] { state_->weather = weather; });
}
void Gate::cut() {
  state_->order([this] { state_->cut = true; });
}
void Gate::reset() {
  state_->order([this] { state_->reset = true; });
}

}  // namespace capstan::services
