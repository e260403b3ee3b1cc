// Engine and Component: compiling WebAssembly components.
//
//   auto engine = Engine::create();
//   auto component = engine->load_file("plugin.wasm");
//
// An Engine compiles and holds settings shared by everything that runs on it. Compiled code is kept
// in an on-disk cache by content, so loading the same component again takes milliseconds. Copies of
// Engine and Component are cheap and refer to the same thing.
//
// Threads: both may be used from any number of threads at once.
#pragma once

#include <capstan/base/result.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan {

// Whether the engine supports component-model async, streams and futures, which cost about 95 ns a
// call.
enum class Concurrency : std::uint8_t {
  automatic,  // each component gets what it needs
  off,        // components that need it are refused
  on,         // every component runs with it
};

// Preallocated room for many short-lived instances. Instantiating from a pool takes microseconds;
// use it in servers.
struct PoolOptions {
  std::uint32_t instances = 1000;           // alive at once
  std::uint32_t memories_per_instance = 2;  // a component may consist of several core modules
  std::uint32_t tables_per_instance = 4;
  std::uint64_t memory_bytes_max = std::uint64_t{4} << 30;  // for each memory
  std::uint64_t table_elements_max = 20'000;
  std::uint64_t memory_bytes_resident = std::uint64_t{1} << 20;  // zeroed and kept on reuse
};

struct EngineOptions {
  Concurrency concurrency = Concurrency::automatic;
  bool interruptible = true;  // deadlines work; costs guest loops a few percent
  bool fuel = false;          // Limits::fuel works; costs guest speed
  bool signal_handlers =
      true;  // false: explicit bounds checks, the process's handlers stay untouched
  bool parallel_compile = true;  // compile with all cores
  std::uint64_t guest_stack_bytes = 512 * 1024;
  // Stack of a call that may suspend: the guest's and that of the host functions it calls.
  std::uint64_t fiber_stack_bytes = 2 * 1024 * 1024;
  std::uint32_t tick_ms = 5;  // how exact deadlines are
  std::optional<PoolOptions> pool = {};
  bool cache = true;
  // Empty: "capstan/components" in the user's cache directory.
  std::filesystem::path cache_directory = {};
};

// One import or export of a component.
struct ComponentItem {
  enum class Kind : std::uint8_t { function, resource, interface, other };
  Kind kind = Kind::function;
  std::string
      interface_name;     // "wasi:keyvalue/store@0.2.0-draft2"; empty for items of the world itself
  std::string name;       // "open", "[method]bucket.get"
  std::string signature;  // canonical text: "func(name: string) -> u32"
  bool is_async = false;
};

class Component {
 public:
  // What messages call it: the file's name, or what was given to load().
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const std::vector<ComponentItem>& imports() const;
  [[nodiscard]] const std::vector<ComponentItem>& exports() const;
  [[nodiscard]] bool needs_concurrency() const;
  [[nodiscard]] bool from_cache() const;

  // A precompiled artefact for Engine::load_precompiled.
  [[nodiscard]] Result<std::vector<std::uint8_t>> precompile() const;

  struct Core;
  explicit Component(std::shared_ptr<const Core> core) : core_(std::move(core)) {}
  [[nodiscard]] const std::shared_ptr<const Core>& core() const { return core_; }

 private:
  std::shared_ptr<const Core> core_;
};

class Engine {
 public:
  [[nodiscard]] static Result<Engine> create(EngineOptions options = {});

  [[nodiscard]] const EngineOptions& options() const;

  // Compiles a component (binary form). `name` appears in messages.
  [[nodiscard]] Result<Component> load(std::span<const std::uint8_t> bytes,
                                       std::string_view name = "component");
  [[nodiscard]] Result<Component> load_file(const std::filesystem::path& path);

  // Loads what Component::precompile made. Such a file is native code that runs with the rights of
  // this process: use it only for files you trust like your own program.
  [[nodiscard]] Result<Component> load_precompiled(const std::filesystem::path& path);

  struct Core;
  [[nodiscard]] const std::shared_ptr<Core>& core() const { return core_; }

 private:
  explicit Engine(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  std::shared_ptr<Core> core_;
};

}  // namespace capstan
