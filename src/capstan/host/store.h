// Store: where instances live, with their memory, handles, limits and your state.
//
//   Store<State> store(State{...}, {.limits = {.memory_bytes = 64 << 20, .deadline_ms = 2000}});
//
// Host functions registered with an accessor find their object through the State of the store that
// calls them. When a store ends, calls in progress are cancelled, host resources the guest still
// held are destroyed, then the state.
//
// Threads: a store and everything that came from it belong to one thread at a time; you may move it
// between threads when no call is running.
#pragma once

#include <capstan/base/result.h>
#include <capstan/host/wasi.h>

#include <cstdint>
#include <memory>
#include <utility>

namespace capstan {

// 0 means: no limit of this kind.
struct Limits {
  // All linear memories together; growing beyond it fails in the guest.
  std::uint64_t memory_bytes = 0;
  std::uint64_t table_elements = 0;  // all tables together
  std::uint64_t instances = 0;       // core instances
  std::uint64_t fuel = 0;            // needs EngineOptions::fuel
  std::uint64_t deadline_ms = 0;     // for each call and instantiation, time in the host included
  std::uint64_t lifted_bytes = 128 * 1024 * 1024;  // copied out of the guest in one call
  std::uint32_t handles = 100'000;                 // host resources the guests hold at once
};

struct StoreOptions {
  Limits limits = {};
  Wasi wasi = {};
};

struct MemoryUse {
  std::uint64_t now_bytes = 0;
  std::uint64_t peak_bytes = 0;
};

// The part of a store that does not depend on the type of its state.
class StoreBase {
 public:
  StoreBase(StoreBase&&) noexcept = default;
  StoreBase& operator=(StoreBase&&) noexcept = default;

  // Fuel that is left; needs EngineOptions::fuel and an instance.
  [[nodiscard]] Result<std::uint64_t> fuel() const;
  // New limits for later calls; fuel starts again.
  Result<void> set_limits(const Limits& limits);
  [[nodiscard]] MemoryUse memory() const;
  // Host resources the guests hold.
  [[nodiscard]] std::size_t handles() const;

  struct Core;
  [[nodiscard]] const std::shared_ptr<Core>& core() const { return core_; }

 protected:
  StoreBase(StoreOptions options, void* state);
  ~StoreBase();
  void end();

 private:
  std::shared_ptr<Core> core_;
};

// No state: for hosts whose objects are registered directly.
struct NoState {};

template <typename State = NoState>
class Store : public StoreBase {
 public:
  explicit Store(State state = {}, StoreOptions options = {})
      : Store(std::make_unique<State>(std::move(state)), std::move(options)) {}
  // For states that cannot be moved.
  explicit Store(std::unique_ptr<State> state, StoreOptions options = {})
      : StoreBase(std::move(options), state.get()), state_(std::move(state)) {}
  Store(Store&&) noexcept = default;
  Store& operator=(Store&& other) noexcept {
    end();  // before the state goes
    state_ = std::move(other.state_);
    StoreBase::operator=(std::move(other));
    return *this;
  }
  ~Store() { end(); }

  [[nodiscard]] State& state() { return *state_; }
  [[nodiscard]] const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace capstan
