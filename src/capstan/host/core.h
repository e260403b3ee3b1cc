// What the public handles of this room share: the objects behind Engine, Component, Store and
// Instance.
//
// Internal to src/capstan/host; nothing here is part of the library's interface.
#pragma once

#include <capstan/abi/attachments.h>
#include <capstan/abi/handle.h>
#include <capstan/host/engine.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>
#include <capstan/host/table.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace capstan {

namespace host {

// Takes ownership of a failed call's error.
[[nodiscard]] Error take_error(capstan_error* error);

// CAPSTAN_TRY for functions of engine.h.
[[nodiscard]] inline Result<void> check(capstan_error* error) {
  if (error == nullptr) return {};
  return std::unexpected(take_error(error));
}

template <typename T, void (*Delete)(T*)>
struct Deleter {
  void operator()(T* object) const { Delete(object); }
};
using EnginePtr = std::unique_ptr<capstan_engine, Deleter<capstan_engine, capstan_engine_delete>>;
using ComponentPtr =
    std::unique_ptr<capstan_component, Deleter<capstan_component, capstan_component_delete>>;
using PreparedPtr =
    std::unique_ptr<capstan_prepared, Deleter<capstan_prepared, capstan_prepared_delete>>;
using WasiPtr = std::unique_ptr<capstan_wasi, Deleter<capstan_wasi, capstan_wasi_delete>>;

}  // namespace host

// Two engines at most: with and without concurrency support, each made when the first component
// needs it.
struct Engine::Core {
  EngineOptions options;
  std::mutex mutex;
  host::EnginePtr plain;
  host::EnginePtr concurrent;

  Result<capstan_engine*> get(bool concurrency);
};

struct Component::Core {
  std::shared_ptr<Engine::Core> owner;
  capstan_engine* engine = nullptr;
  host::ComponentPtr component;
  std::string name;
  std::vector<ComponentItem> imports;
  std::vector<ComponentItem> exports;
  bool needs_concurrency = false;
  bool from_cache = false;
};

struct LinkerBase::Registered : host::Table {
  // What `shape` refers to when nothing else does: of an interface known at run time only.
  std::vector<abi::FunctionShape> function_shapes;
  std::vector<host::ResourceShape> resource_shapes;
};

struct PreparedBase::Core {
  explicit Core(Component component_in) : component(std::move(component_in)) {}

  Component component;
  host::PreparedPtr prepared;
  // What the engine refers to, kept alive.
  std::vector<std::shared_ptr<const LinkerBase::Registered>> registered;
  struct Connected {
    std::vector<const capstan_function*> functions;
    std::vector<const capstan_resource*> resources;
    capstan_interface table{};
  };
  std::vector<std::unique_ptr<Connected>> connected;
  // What the component calls the streams of WASI that the host can make, and what they are compared
  // as.
  std::map<std::string, std::string, std::less<>> streams;

  // The exports of a world, compared when first asked for.
  Result<const host::ExportTable*> exports(const host::WorldShape& world) const;

 private:
  Result<host::ExportTable> find_exports(const host::WorldShape& world) const;
  mutable std::mutex mutex_;
  mutable std::map<const host::ExportShape*, host::ExportTable> tables_;
};

struct StoreBase::Core {
  Core(StoreOptions options_in, void* state);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core() { end(); }

  // Makes the engine's store when the first component arrives; later ones must run on the same
  // engine.
  Result<capstan_store*> open(const Component::Core& component);
  void end();

  StoreOptions options;
  abi::Attachments attachments;  // declared first: outlives the handles
  abi::HandleTable handles;
  abi::StoreContext context;
  std::shared_ptr<Engine::Core> owner;
  capstan_engine* engine = nullptr;
  capstan_store* store = nullptr;
};

namespace host {

struct InstanceCore : std::enable_shared_from_this<InstanceCore> {
  std::shared_ptr<StoreBase::Core> store;
  std::shared_ptr<const PreparedBase::Core> prepared;
  capstan_instance index = 0;
  const ExportTable* exports = nullptr;
};

}  // namespace host
}  // namespace capstan
