#include <capstan/backend/redis/client.h>

#include <capstan/backend/redis/connection.h>
#include <capstan/backend/redis/tls.h>

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace capstan::redis {

using service::Clock;
using service::Failure;
using service::Milliseconds;
using service::TimePoint;

struct Client::State {
  State(const Options& chosen, std::unique_ptr<Tls> loaded)
      : options(chosen), tls(std::move(loaded)), in_flight({.most = chosen.in_flight}) {}

  const Options options;
  const std::unique_ptr<Tls> tls;
  service::InFlight in_flight;

  std::mutex mutex;
  std::vector<std::shared_ptr<Call>> inbox;  // shared with whoever waits

  // The rest belongs to the loop.
  service::EventLoop* loop = nullptr;  // until it ends
  std::vector<std::shared_ptr<Call>> taken;
  std::vector<std::unique_ptr<Connection>> connections;
  std::size_t next_connection = 0;
  bool sweeping = false;

  // Deadlines are looked after this often.
  [[nodiscard]] Milliseconds sweep_interval() const {
    return std::clamp(options.timeout / 20, Milliseconds(2), Milliseconds(50));
  }
  void submit(std::shared_ptr<Call> call, const std::shared_ptr<State>& self,
              const service::EventLoop& to);
  void take_inbox();
  void sweep();
  void sweep_later();
};

void Client::State::submit(std::shared_ptr<Call> call, const std::shared_ptr<State>& self,
                           const service::EventLoop& to) {
  bool first = false;
  {
    const std::lock_guard lock(mutex);
    first = inbox.empty();
    inbox.push_back(std::move(call));
  }
  if (first) to.post([self] { self->take_inbox(); });
}

void Client::State::take_inbox() {
  {
    const std::lock_guard lock(mutex);
    taken.swap(inbox);
  }
  for (auto& call : taken) {
    if (connections.empty()) {
      call->answer(std::unexpected(Failure{Failure::Kind::closed, "the store is being closed"}));
      continue;
    }
    connections[next_connection]->add(std::move(call));
    next_connection = (next_connection + 1) % connections.size();
  }
  taken.clear();
  for (const auto& connection : connections) connection->flush();
  if (!sweeping) sweep_later();
}

void Client::State::sweep_later() {
  if (loop == nullptr) return;
  sweeping = true;
  loop->at(Clock::now() + sweep_interval(), [this] { sweep(); });
}

void Client::State::sweep() {
  sweeping = false;
  const TimePoint now = Clock::now();
  bool quiet = !in_flight.expire(now);
  for (const auto& connection : connections) {
    connection->sweep(now);
    quiet &= connection->quiet();
  }
  if (!quiet) sweep_later();
}

Client::Client(std::shared_ptr<State> state, std::unique_ptr<service::EventLoop> loop)
    : state_(std::move(state)), loop_(std::move(loop)) {}

Client::~Client() {
  loop_->post([state = state_] {
    state->connections.clear();
    state->loop = nullptr;
  });
  // Somebody's last task may end on the loop itself, which cannot wait for its own end.
  if (loop_->in_loop()) std::thread([loop = std::move(loop_)] {}).detach();
}

Result<std::shared_ptr<Client>> Client::start(const Options& options) {
  std::unique_ptr<Tls> tls;
  if (options.tls.on) {
    CAPSTAN_TRY(tls, Tls::load(options.tls, options.host));
  }
  CAPSTAN_TRY(auto loop, service::EventLoop::start("capstan-redis"));
  auto state = std::make_shared<State>(options, std::move(tls));
  state->loop = loop.get();
  for (std::size_t i = 0; i < std::max<std::size_t>(1, options.connections); ++i)
    state->connections.push_back(
        std::make_unique<Connection>(*loop, state->options, state->tls.get()));
  return std::shared_ptr<Client>(new Client(std::move(state), std::move(loop)));
}

const Options& Client::options() const { return state_->options; }

Task<Answer> Client::run(Command command) {
  const auto deadline = service::Deadline::after(state_->options.timeout);
  if (auto place = state_->in_flight.enter_now())
    return send(std::move(command), deadline, *std::move(place));
  return run_in_turn(std::move(command), deadline);
}

Task<Answer> Client::send(Command command, service::Deadline deadline,
                          service::InFlight::Place place) {
  auto call = std::make_shared<Call>(std::move(command), deadline, std::move(place));
  state_->submit(call, state_, *loop_);
  return Call::wait(std::move(call));
}

Task<Answer> Client::run_in_turn(Command command, service::Deadline deadline) {
  Task<service::InFlight::Entered> entering = state_->in_flight.enter(deadline);
  auto place = co_await std::move(entering);
  if (!place) {
    const bool late = place.error() == service::InFlight::Refusal::late;
    co_return std::unexpected(
        Failure{Failure::Kind::busy,
                late ? fmt::format("{} commands are under way, and none ended within {} ms",
                                   state_->options.in_flight, state_->options.timeout.count())
                     : std::string("too many commands wait for their turn")});
  }
  Task<Answer> answer = send(std::move(command), deadline, *std::move(place));
  co_return co_await std::move(answer);
}

}  // namespace capstan::redis
