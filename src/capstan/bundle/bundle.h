// Host bundles: interfaces that come in a shared library of their own, loaded at run time.
//
//   CAPSTAN_TRY(auto bundle, bundle::Bundle::open("keyvalue_host"));
//   CAPSTAN_TRY_VOID(bundle.add_to_linker(linker));
//   auto prepared = linker.prepare(component);
//
// open() checks everything before anything of the bundle is reachable: the manifest, who may write
// to the library, the versions and sizes of its tables, and that it has every function of its WIT
// with the same type. It runs the bundle's code: a bundle is as trusted as the program itself.
//
// A Bundle may be dropped at any time: its library stays loaded as long as a linker, a prepared
// component or a store refers to it.
//
// Threads: open() and the functions at the end on one thread at a time; a Bundle may be shared.
#pragma once

#include <capstan/base/result.h>
#include <capstan/host/engine.h>
#include <capstan/host/linker.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::bundle {

enum class LogLevel : std::uint8_t { error, warn, info, debug };

// Where bundles' log lines go. Called from any thread.
using Log = std::function<void(LogLevel, std::string_view bundle, std::string_view message)>;

struct OpenOptions {
  std::string name = {};                                         // in place of the one in host.toml
  std::vector<std::pair<std::string, std::string>> config = {};  // wins over [config] in host.toml
  // Loads libraries that others may write to, or that belong to somebody else.
  bool allow_anywhere = false;
  Log log = {};  // empty: nowhere
};

// One function or resource of a bundle, for people: `capstan bundle check`.
struct BundleItem {
  std::string interface_id;
  std::string name;
  std::string signature;  // empty for a resource
};

class Library;

class Bundle {
 public:
  // The bundle in a folder that has a host.toml.
  [[nodiscard]] static Result<Bundle> open(const std::filesystem::path& folder,
                                           OpenOptions options = {});

  [[nodiscard]] const std::string& name() const;
  // Ids of what it provides: "keyvalue:store/store@0.1.0".
  [[nodiscard]] const std::vector<std::string>& interfaces() const { return interfaces_; }
  [[nodiscard]] std::vector<BundleItem> items() const;
  [[nodiscard]] const std::filesystem::path& library() const;

  // Offers its interfaces. They are connected to components that import them.
  Result<void> add_to_linker(LinkerBase& linker) const;

  explicit Bundle(std::shared_ptr<const Library> library);

 private:
  std::shared_ptr<const Library> library_;  // owners: see above
  std::vector<std::string> interfaces_;
};

// All bundles of a hosts.toml, in its order.
[[nodiscard]] Result<std::vector<Bundle>> open_hosts(const std::filesystem::path& hosts_toml,
                                                     bool allow_anywhere, Log log = {});

// Two bundles that provide one interface, in versions that could stand for each other, are an error
// that names both.
[[nodiscard]] Result<void> check_conflicts(std::span<const Bundle> bundles);

// One sentence for each bundle that the component makes no use of.
[[nodiscard]] std::vector<std::string> unused_warnings(std::span<const Bundle> bundles,
                                                       const Component& component);

}  // namespace capstan::bundle
