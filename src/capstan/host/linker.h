// Linker: connects a component's imports to the host, before any guest code runs.
//
//   Linker<State> linker(engine);
//   linker.add_wasi();
//   add_to_linker(linker, [](State& s) -> KeyValueStore& { return s.keyvalue; });   // generated
//   auto prepared = linker.prepare(component);      // every import is found and its type compared
//   auto demo = Demo::instantiate(store, *prepared);                                // generated
//
// prepare() does all the work that does not depend on a store; keep its result and instantiate from
// it as often as you like. Imports match by name; a version that is compatible by semantic
// versioning is taken when the exact one is not there. Interfaces that a component does not import
// are never looked at.
//
// Threads: register on one thread; prepare() and prepared components may be used from any number of
// threads.
#pragma once

#include <capstan/base/task.h>
#include <capstan/host/engine.h>
#include <capstan/host/instance.h>
#include <capstan/host/interface.h>
#include <capstan/host/registry.h>
#include <capstan/host/store.h>

#include <memory>
#include <string_view>
#include <vector>

namespace capstan {

// A component whose imports are connected, whatever the type of state.
class PreparedBase {
 public:
  [[nodiscard]] const Component& component() const;
  // Whether calls can suspend: a connected function returns a Task, or the component is
  // asynchronous.
  [[nodiscard]] bool may_suspend() const;

  struct Core;
  explicit PreparedBase(std::shared_ptr<const Core> core) : core_(std::move(core)) {}
  [[nodiscard]] const std::shared_ptr<const Core>& core() const { return core_; }

 private:
  std::shared_ptr<const Core> core_;
};

template <typename State = NoState>
class PreparedComponent : public PreparedBase {
 public:
  using PreparedBase::PreparedBase;

  // A fresh instance in `store`, after its start functions ran. Blocks while host functions
  // suspend.
  [[nodiscard]] Result<Instance> instantiate(Store<State>& store) const {
    return host::instantiate(store, *this);
  }
  [[nodiscard]] Task<Result<Instance>> instantiate_async(Store<State>& store) const {
    return host::instantiate_async(store, *this);
  }
};

class LinkerBase {
 public:
  explicit LinkerBase(Engine engine);

  [[nodiscard]] const Engine& engine() const { return engine_; }

  // For generated code: offers an interface. Registering the same interface again replaces it.
  Result<void> add(const host::InterfaceShape& shape, host::Provider provider);
  // For what is loaded at run time; see bundle::Bundle::add_to_linker.
  Result<void> add(host::RuntimeInterface interface);

  struct Registered;

 protected:
  Result<std::shared_ptr<const PreparedBase::Core>> prepare_core(const Component& component) const;
  void offer_wasi() { wasi_ = true; }

 private:
  void replace(std::shared_ptr<const Registered> registered);

  Engine engine_;
  std::vector<std::shared_ptr<const Registered>> interfaces_;
  bool wasi_ = false;
};

template <typename State = NoState>
class Linker : public LinkerBase, public Registry<State> {
 public:
  explicit Linker(Engine engine) : LinkerBase(std::move(engine)) {}

  using LinkerBase::add;
  Result<void> add(const host::InterfaceShape& shape, host::Provider provider) override {
    return LinkerBase::add(shape, std::move(provider));
  }

  // Offers WASI 0.2 and 0.3: cli, clocks, filesystem, io, random, sockets. What a guest reaches
  // through it is said in the store's options, for both alike. Interfaces that are registered win
  // over it. Components that import WASI 0.3 need an engine that is not Concurrency::off.
  Linker& add_wasi() {
    offer_wasi();
    return *this;
  }

  // Connects every import, or says what is missing or has another type.
  [[nodiscard]] Result<PreparedComponent<State>> prepare(const Component& component) const {
    CAPSTAN_TRY(auto core, prepare_core(component));
    return PreparedComponent<State>(std::move(core));
  }
};

}  // namespace capstan
