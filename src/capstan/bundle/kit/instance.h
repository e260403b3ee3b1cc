// One loaded bundle, seen from inside: its tables, and the states of its stores.
//
// Part of the library that is linked into bundles written in C++; see implement.h.
#pragma once

#include <capstan/bundle.h>
#include <capstan/host/registry.h>
#include <capstan/host/table.h>

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace capstan::bundle {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

// What the host does for this bundle. Lives as long as the objects it is given to; may be used from
// any thread.
class Host {
 public:
  explicit Host(const capstan_bundle_host& table) : table_(&table) {}

  // A value of [config] in host.toml or hosts.toml. The text lives as long as the bundle.
  [[nodiscard]] std::optional<std::string_view> config(std::string_view key) const;
  void log(LogLevel level, std::string_view message) const;

 private:
  const capstan_bundle_host* table_;
};

namespace kit {

class Instance {
 public:
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  virtual ~Instance() = default;

  void add(const host::InterfaceShape& shape, host::Provider provider);

  using Make = std::unique_ptr<Instance> (*)(const capstan_bundle_host&);
  // The work of the entry point.
  static capstan_error* start(const capstan_bundle_host* host, const capstan_bundle** bundle_out,
                              Make make) noexcept;

 protected:
  explicit Instance(const capstan_bundle_host& table) : host_(table) {}
  [[nodiscard]] const Host& host() const { return host_; }
  // After all interfaces were added.
  void finish();

 private:
  virtual void* make_state() = 0;
  virtual void delete_state(void* state) = 0;

  struct StoreState;
  static capstan_error* store_new(void* self, void** store_out) noexcept;
  static void store_delete(void* self, void* store) noexcept;
  static void stop(void* self) noexcept;

  struct Offered {
    host::Table table;
    std::vector<const capstan_function*> functions;
    std::vector<const capstan_resource*> resources;
    capstan_interface interface{};
  };
  Host host_;
  std::deque<Offered> offered_;  // stable addresses
  std::vector<const capstan_interface*> interfaces_;
  capstan_bundle bundle_{};
};

}  // namespace kit
}  // namespace capstan::bundle
