// host.toml, the manifest of a bundle, and hosts.toml, a list of bundles.
//
// Internal to src/capstan/bundle.
#pragma once

#include <capstan/base/result.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace capstan::bundle {

using Config = std::vector<std::pair<std::string, std::string>>;

// One bundle to load, from either file. Paths are ready to use, and exist.
struct Manifest {
  std::string name;
  std::filesystem::path library;
  std::filesystem::path wit;
  std::string world;  // empty: all interfaces of the WIT's own packages
  Config config;
};

// The manifest in a bundle's folder.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& folder);

// All bundles of a hosts.toml; those it refers to are read as well.
[[nodiscard]] Result<std::vector<Manifest>> read_hosts(const std::filesystem::path& hosts_toml);

// `changes` win over what is there.
void override_config(Config& config, const Config& changes);

// The same from texts in memory, with `folder` in place of the file's own. For the two above, and
// for fuzzing.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view text,
                                              const std::filesystem::path& folder);
[[nodiscard]] Result<std::vector<Manifest>> parse_hosts(std::string_view text,
                                                        const std::filesystem::path& folder);

}  // namespace capstan::bundle
