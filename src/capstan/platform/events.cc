#include <capstan/platform/events.h>

#include <capstan/capability/messaging/handler.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace capstan::platform {
namespace {

// Instances that exist at once. While they wait for the host they take memory, no thread.
constexpr std::size_t calls_in_flight_max = 64;
constexpr unsigned threads_max = 8;

std::size_t thread_count() {
  return std::clamp(std::thread::hardware_concurrency(), 2U, threads_max);
}

// Runs the task on this thread; false when the time was over first.
bool finish_by(Task<void> task, Events::Deadline deadline) {
  struct Signal {
    std::mutex mutex;
    std::condition_variable changed;
    bool woken = false;
  };
  const auto signal = std::make_shared<Signal>();
  const Waker waker([signal] {
    const std::lock_guard lock(signal->mutex);
    signal->woken = true;
    signal->changed.notify_one();
  });
  while (!task.poll(waker)) {
    std::unique_lock lock(signal->mutex);
    const auto woken = [&] { return signal->woken; };
    if (!deadline) {
      signal->changed.wait(lock, woken);
    } else if (!signal->changed.wait_until(lock, *deadline, woken)) {
      return false;
    }
    signal->woken = false;
  }
  return true;
}

std::unexpected<Error> too_late() {
  return fail(ErrorCode::deadline, "events were still being handled when the time was over");
}

// Says what failed: the first time, and when there is no further one.
void report_failure(const Report& report, std::string_view component,
                    const messaging::Delivery& delivery, std::string_view error) {
  const std::string& topic = delivery.message().topic;
  if (delivery.attempt() >= delivery.attempts_max()) {
    const bool dead = topic.starts_with(messaging::dead_topic_prefix);
    report(fmt::format("'{}' failed {} times to handle a message to '{}', which {}: {}", component,
                       delivery.attempt(), topic,
                       dead
                           ? std::string("is dropped now")
                           : fmt::format("goes to '{}{}' now", messaging::dead_topic_prefix, topic),
                       error));
  } else if (delivery.attempt() == 1) {
    report(fmt::format("'{}' failed to handle a message to '{}', which comes again: {}", component,
                       topic, error));
  }
}

std::string error_text(const messaging::Error& error) {
  switch (error.kind) {
    case messaging::ErrorKind::connection:
      return fmt::format("connection: {}", error.message);
    case messaging::ErrorKind::permission_denied:
      return fmt::format("permission denied: {}", error.message);
    case messaging::ErrorKind::timeout:
    case messaging::ErrorKind::other:
      break;
  }
  return error.message;
}

Task<Result<void>> handle_in(Instance instance, std::shared_ptr<messaging::Client> client,
                             std::shared_ptr<messaging::Delivery> delivery) {
  messaging::Message message = delivery->message();
  Task<Result<messaging::Outcome<void>>> handling =
      messaging::handle(std::move(instance), std::move(client), std::move(message));
  const Result<messaging::Outcome<void>> handled = co_await std::move(handling);
  if (!handled) co_return std::unexpected(handled.error());
  if (!*handled) co_return fail(ErrorCode::host, error_text(handled->error()));
  co_return Result<void>();
}

// `delivery` is shared by the copies of a std::function that holds it.
Task<void> deliver(std::shared_ptr<const Callee> callee, std::shared_ptr<messaging::Client> client,
                   Report report, std::shared_ptr<messaging::Delivery> delivery) {
  CallInstance call = [client = std::move(client), delivery](Instance instance) {
    return handle_in(std::move(instance), client, delivery);
  };
  Task<Result<void>> calling = call_fresh(callee, std::move(call));
  const Result<void> called = co_await std::move(calling);
  if (called) {
    delivery->acknowledge();
  } else {
    report_failure(report, callee->name, *delivery, called.error().message());
    delivery->reject(called.error().message());
  }
}

}  // namespace

struct Events::Gate {
  std::mutex mutex;
  Dispatcher* dispatcher = nullptr;  // null: closed

  void post(Dispatcher::Work work) {
    const std::lock_guard lock(mutex);
    if (dispatcher != nullptr) dispatcher->post(std::move(work));
  }
};

Events::Events(Report report)
    : report_(std::move(report)),
      gate_(std::make_shared<Gate>()),
      dispatcher_(std::make_unique<Dispatcher>(
          Dispatcher::Options{.threads = thread_count(), .in_flight_max = calls_in_flight_max})) {
  gate_->dispatcher = dispatcher_.get();
}

Events::~Events() {
  if (changes_ != nullptr) changes_->stop();
  std::size_t left = 0;
  for (const auto& subscription : subscriptions_) left += subscription->close();
  if (left > 0) report_(fmt::format("{} messages were not handled", left));
  const std::lock_guard lock(gate_->mutex);
  gate_->dispatcher = nullptr;
}

Result<void> Events::subscribe(const std::shared_ptr<const Callee>& callee,
                               const TopicSubscription& wanted) {
  const auto refused = [&](const messaging::Error& error) {
    return fail(ErrorCode::host,
                fmt::format("cannot subscribe to '{}': {}", wanted.pattern, error.message));
  };
  auto client = block_on(broker_->connect(wanted.label));
  if (!client) return refused(client.error());
  messaging::SubscribeOptions options;
  options.group = wanted.group;
  options.in_flight_max = wanted.in_flight_max;
  auto handler = [callee, client = *client, report = report_,
                  gate = gate_](messaging::Delivery delivery) {
    auto held = std::make_shared<messaging::Delivery>(std::move(delivery));
    gate->post([callee, client, report, held] { return deliver(callee, client, report, held); });
  };
  auto subscription =
      block_on((*client)->subscribe(wanted.pattern, std::move(options), std::move(handler)));
  if (!subscription) return refused(subscription.error());
  subscriptions_.push_back(*std::move(subscription));
  description_ += description_.empty() ? "messages to " : ", ";
  description_ += wanted.pattern;
  if (!wanted.group.empty()) description_ += fmt::format(" as one of {}", wanted.group);
  return {};
}

Result<std::unique_ptr<Events>> Events::start(std::shared_ptr<const Callee> callee,
                                              const RunSettings& settings, SharedBackends& shared,
                                              Report report) {
  CAPSTAN_TRY_VOID(make_messaging(settings, shared));
  std::unique_ptr<Events> events(new Events(std::move(report)));
  events->broker_ = shared.messaging_for_operator;
  for (const TopicSubscription& wanted : settings.subscriptions)
    CAPSTAN_TRY_VOID(events->subscribe(callee, wanted));
  if (shared.changes != nullptr && !settings.watched.empty()) {
    events->changes_ = shared.changes;
    shared.changes->start(
        callee, [gate = events->gate_](Dispatcher::Work work) { gate->post(std::move(work)); },
        events->report_);
    events->description_ += fmt::format("{}changes of {}", events->description_.empty() ? "" : "; ",
                                        fmt::join(settings.watched, ", "));
  }
  return events;
}

Result<void> Events::settle(Deadline deadline) {
  // Brokers become idle one after the other; only a round in which nothing began is the last.
  for (;;) {
    const std::uint64_t before = dispatcher_->posted();
    if (!finish_by(broker_->idle(), deadline) || !dispatcher_->drain(deadline)) return too_late();
    if (dispatcher_->posted() == before) return {};
  }
}

Result<void> Events::drain(Deadline deadline) {
  for (const auto& subscription : subscriptions_)
    if (!finish_by(subscription->drain(), deadline)) return too_late();
  if (!dispatcher_->drain(deadline)) return too_late();
  return {};
}

}  // namespace capstan::platform
