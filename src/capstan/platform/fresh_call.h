// One call of a component in a store and an instance of its own, with the limits of the run.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/task.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include <functional>
#include <memory>
#include <string>

namespace capstan::platform {

// What is called for events. Immutable, used by many threads.
struct Callee {
  PreparedComponent<> prepared;
  StoreOptions options;
  std::string name;  // for messages
};

// Calls an export of the instance; an error is whatever the event should be answered with.
using CallInstance = std::function<Task<Result<void>>(Instance instance)>;

// Starts an instance, calls, and ends it with its store; a trap is an error like any other.
[[nodiscard]] Task<Result<void>> call_fresh(std::shared_ptr<const Callee> callee,
                                            CallInstance call);

}  // namespace capstan::platform
