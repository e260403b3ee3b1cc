// Events: what a component is called for while it is not running by itself: messages, and changes
// of buckets.
//
// Every call has a fresh instance. Many run at once, on a few threads. An error or a trap is
// reported to `report` and to whom the event came from, who decides what follows (a message comes
// again); the process goes on.
//
// Threads: one at a time; `report` is called from any.
#pragma once

#include <capstan/base/result.h>
#include <capstan/platform/dispatch.h>
#include <capstan/platform/fresh_call.h>
#include <capstan/platform/settings.h>
#include <capstan/platform/wiring.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

class Events {
 public:
  using Deadline = Dispatcher::Deadline;

  // Subscribes to what the settings name, and watches. From then on the component is called.
  [[nodiscard]] static Result<std::unique_ptr<Events>> start(std::shared_ptr<const Callee> callee,
                                                             const RunSettings& settings,
                                                             SharedBackends& shared, Report report);
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  // Ends at once what is still going on, and reports how much was left.
  ~Events();

  // Waits until everything that came has been dealt with, and what came from that. An error when
  // that takes too long.
  [[nodiscard]] Result<void> settle(Deadline deadline);
  // Takes nothing new and waits for the rest.
  [[nodiscard]] Result<void> drain(Deadline deadline);

  // "messages to orders.>, jobs as one of workers; changes of cache"
  [[nodiscard]] const std::string& description() const { return description_; }

 private:
  explicit Events(Report report);
  Result<void> subscribe(const std::shared_ptr<const Callee>& callee,
                         const TopicSubscription& wanted);

  Report report_;
  std::shared_ptr<messaging::Broker> broker_;  // shared with the component's imports
  std::shared_ptr<Changes> changes_;           // the same; none: nothing is watched
  std::vector<std::shared_ptr<messaging::Subscription>> subscriptions_;
  std::string description_;
  // What handlers post to, who may be in the middle of a call when this ends.
  struct Gate;
  std::shared_ptr<Gate> gate_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace capstan::platform
