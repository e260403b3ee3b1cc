// Instance: a running component, and calls of what it exports.
//
// Generated code wraps it in a class with a method for each export; `call` is what those methods
// are made of. The outer Result of a call is the engine's (a trap, a limit); what the WIT function
// returns is inside. After a trap, a limit or a cancelled call, the guests of
// that store are finished, and later calls say so; other stores live on.
//
// Copies of an Instance refer to the same instance. Threads: see store.h.
#pragma once

#include <capstan/abi/function.h>
#include <capstan/base/result.h>
#include <capstan/base/task.h>
#include <capstan/host/interface.h>
#include <capstan/host/store.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan {

class PreparedBase;

namespace host {

struct InstanceCore;

// The exports of one world in one prepared component: found and compared once.
struct ExportTable {
  std::vector<const capstan_export*> exports;  // in the order of the WorldShape
};

}  // namespace host

class Instance {
 public:
  explicit Instance(std::shared_ptr<host::InstanceCore> core) : core_(std::move(core)) {}

  // For generated code: compares the component's exports with a world and remembers where they are.
  Result<void> bind(const host::WorldShape& world);

  // Calls export number `index` of the bound world, and waits for it on this thread. `A` are the
  // types values travel as.
  template <typename R, typename... A>
  [[nodiscard]] Result<R> call(std::size_t index, A... arguments) const {
    abi::ExportCall<R, A...> exchange(arguments...);
    if (auto called = run(index, exchange.values()); !called)
      return std::unexpected(std::move(called).error());
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      return exchange.take();
    }
  }

  // The same as a task: the caller's event loop drives it, and the guest may wait for host
  // functions meanwhile. Arguments are owned. One call at a time in a store. Destroying the task
  // cancels the call, and finishes the instance.
  template <typename R, typename... A>
  [[nodiscard]] Task<Result<R>> call_async(std::size_t index, A... arguments) const {
    // The task starts later, when this Instance may be gone: it gets one of its own.
    return call_on<R, A...>(*this, index, std::move(arguments)...);
  }

  // Calls any export with text, in the WAVE encoding, and waits for it: `arguments` is
  // `1, "two", some(3)`, and the result is text too, empty when there is none. `interface_id` is
  // empty for exports of the world; a compatible version of it counts, and so does leaving the
  // version out. Text that does not fit is an invalid_argument that shows the function's type;
  // then nothing has run.
  [[nodiscard]] Result<std::string> invoke(std::string_view interface_id, std::string_view name,
                                           std::string_view arguments) const;

  [[nodiscard]] const std::shared_ptr<host::InstanceCore>& core() const { return core_; }

 private:
  template <typename R, typename... A>
  static Task<Result<R>> call_on(Instance self, std::size_t index, A... arguments) {
    abi::ExportCall<R, A...> exchange(arguments...);
    const capstan_call_values values = exchange.values();
    PendingCall pending(*self.core_, index, values);
    base::LeafAwaiter<PendingCall> awaiter{pending};
    Result<void> called = co_await awaiter;
    if (!called) co_return std::unexpected(std::move(called).error());
    if constexpr (std::is_void_v<R>) {
      co_return Result<void>();
    } else {
      co_return exchange.take();
    }
  }

  // A call in progress, as something a task waits for.
  class PendingCall final : public base::Leaf {
   public:
    PendingCall(host::InstanceCore& core, std::size_t index, const capstan_call_values& values);
    PendingCall(const PendingCall&) = delete;
    PendingCall& operator=(const PendingCall&) = delete;
    ~PendingCall();
    bool ready(const Waker& waker) override;
    Result<void> take() { return std::move(outcome_); }

   private:
    host::InstanceCore& core_;
    capstan_call_values values_;
    capstan_call* call_ = nullptr;
    std::size_t lent_ = 0;
    bool done_ = false;
    Result<void> outcome_;
  };

  Result<void> run(std::size_t index, const capstan_call_values& values) const;

  std::shared_ptr<host::InstanceCore> core_;
};

namespace host {
Result<Instance> instantiate(StoreBase& store, const PreparedBase& prepared);
Task<Result<Instance>> instantiate_async(StoreBase& store, const PreparedBase& prepared);
}  // namespace host

}  // namespace capstan
