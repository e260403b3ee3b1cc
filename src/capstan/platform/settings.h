// What a component is granted and limited to, as options say it.
//
// The command line and capstan.toml's [run] have the same options under the same names; both are
// read into RunSettings, and what the command line says wins.
#pragma once

#include <capstan/base/config_table.h>
#include <capstan/base/result.h>
#include <capstan/host/store.h>
#include <capstan/host/wasi.h>
#include <capstan/platform/backend.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::platform {

// A name the component may use; the first one of a capability forbids all others.
struct AllowedName {
  std::string capability;
  std::string name;
};

// Topics whose messages the component is called for.
struct TopicSubscription {
  std::string pattern;               // "orders.>"
  std::string group;                 // empty: none
  std::string label;                 // of the broker; empty: the default
  std::uint32_t in_flight_max = 64;  // messages that are handled at once
};

struct RunSettings {
  std::vector<wasi::Directory> directories;
  std::vector<std::pair<std::string, std::string>> environment;
  std::optional<bool> inherit_environment;
  std::vector<std::pair<std::string, std::string>> config;
  std::vector<std::string> allowed_addresses;
  std::optional<bool> inherit_network;
  std::optional<std::uint64_t> timeout_ms;
  std::optional<std::uint64_t> fuel;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint32_t> handles;
  std::vector<BackendChoice> backends;
  std::vector<AllowedName> allowed_names;
  std::vector<TopicSubscription> subscriptions;
  std::vector<std::string> watched;        // buckets whose changes the component is called for
  std::optional<std::string> application;  // the namespace of its names on backends
  std::vector<std::filesystem::path> host_bundles;
  std::optional<std::filesystem::path> host_config;
  std::vector<std::string> arguments;  // without the program's name
};

// An option that takes a value, in the spelling of the command line.
struct RunOption {
  std::string_view flag;   // "--dir"
  std::string_view key;    // its key in [run]: "dirs"
  std::string_view value;  // "HOST[::GUEST][,rw]"
  std::string_view help;   // "a folder the component sees, ..."
  bool repeatable;
  Result<void> (*apply)(RunSettings& settings, std::string_view text);
};
[[nodiscard]] std::span<const RunOption> run_options();

// Reads one option's value into `settings`; errors begin with the flag.
[[nodiscard]] Result<void> apply(const RunOption& option, RunSettings& settings,
                                 std::string_view text);

// Reads [run]. Relative paths in it are relative to `folder`.
[[nodiscard]] Result<RunSettings> read_run_table(const ConfigTable& table,
                                                 const std::filesystem::path& folder);

// `over` wins: single values replace, entries of lists replace those with the same key, guest path
// or capability, and are added otherwise.
[[nodiscard]] RunSettings merge(RunSettings under, RunSettings over);

// What only shows when everything is known: two backends for one label, folders that are not there.
[[nodiscard]] Result<void> check(const RunSettings& settings);

// The form the store takes. `name` becomes the program's name.
[[nodiscard]] StoreOptions store_options(const RunSettings& settings, std::string_view name);

}  // namespace capstan::platform
