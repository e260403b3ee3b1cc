#include <capstan/bundle/manifest.h>

#include <capstan/base/config_table.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace capstan::bundle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view manifest_name = "host.toml";

// Relative to the file that says so; "~/" is the user's home folder.
fs::path resolve(const fs::path& folder, std::string_view path) {
  if (path.starts_with("~/")) {
    if (const char* home = std::getenv("HOME"); home != nullptr)
      return (fs::path(home) / path.substr(2)).lexically_normal();
  }
  return (folder / path).lexically_normal();
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}
bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Result<std::string> read_name(const ConfigTable& table) {
  CAPSTAN_TRY(std::string name, table.text("name"));
  const auto allowed = [](char c) { return c > ' ' && c != '\x7f'; };
  if (name.empty() || !std::ranges::all_of(name, allowed))
    return std::unexpected(table.error_at("name", "'name' must be one word"));
  return name;
}

Result<fs::path> read_library(const ConfigTable& table, const fs::path& folder) {
  CAPSTAN_TRY(const std::string text, table.text("lib"));
  const fs::path path = resolve(folder, text);
  if (!is_file(path))
    return std::unexpected(table.error_at(
        "lib", fmt::format("library '{}' not found: there is no file '{}'", text, path.string())));
  return path;
}

Result<fs::path> read_wit_path(const ConfigTable& table, const fs::path& folder) {
  CAPSTAN_TRY(const std::string text, table.text("wit"));
  const fs::path path = resolve(folder, text);
  if (!is_file(path) && !is_folder(path))
    return std::unexpected(table.error_at(
        "wit",
        fmt::format("WIT '{}' not found: there is no file or folder '{}'", text, path.string())));
  return path;
}

Result<Config> read_config(const ConfigTable& table) {
  CAPSTAN_TRY(const auto config, table.table_if("config"));
  if (!config) return Config();
  return config->values();
}

// name, lib, wit, world: the same words in both files.
Result<Manifest> read_explicit(const ConfigTable& table, const fs::path& folder) {
  Manifest manifest;
  CAPSTAN_TRY(manifest.name, read_name(table));
  CAPSTAN_TRY(manifest.library, read_library(table, folder));
  CAPSTAN_TRY(manifest.wit, read_wit_path(table, folder));
  CAPSTAN_TRY(manifest.world, table.text_or("world", ""));
  return manifest;
}

// Makes the keys of a host known before any of them is used: that a key is misspelt is a better
// answer than that the right one is missing.
void know_keys(const ConfigTable& host) {
  for (const char* key : {"name", "bundle", "lib", "wit", "world"}) (void)host.text_or(key, "");
}

Result<Manifest> read_manifest_table(const ConfigTable& file, const fs::path& folder) {
  CAPSTAN_TRY(const ConfigTable host, file.table("host"));
  know_keys(host);
  CAPSTAN_TRY(Config config, read_config(file));
  CAPSTAN_TRY_VOID(file.finish());
  if (host.has("bundle"))
    return std::unexpected(
        host.error_at("bundle", "'bundle' is a key of hosts.toml; a bundle has lib and wit"));
  CAPSTAN_TRY(Manifest manifest, read_explicit(host, folder));
  manifest.config = std::move(config);
  return manifest;
}

Result<fs::path> find_bundle(const ConfigTable& host, const fs::path& folder,
                             const std::vector<fs::path>& search_paths) {
  CAPSTAN_TRY(const std::string text, host.text("bundle"));
  std::string looked;
  std::vector<fs::path> places = {folder};
  places.insert(places.end(), search_paths.begin(), search_paths.end());
  for (const fs::path& place : places) {
    const fs::path path = resolve(place, text);
    if (is_folder(path)) return path;
    looked += fmt::format("{}'{}'", looked.empty() ? "" : ", ", path.string());
  }
  return std::unexpected(
      host.error_at("bundle", fmt::format("bundle '{}' not found; looked for {}", text, looked)));
}

Result<Manifest> read_host(const ConfigTable& host, const fs::path& folder,
                           const std::vector<fs::path>& search_paths) {
  Manifest manifest;
  if (host.has("bundle")) {
    for (const char* key : {"lib", "wit", "world"})
      if (host.has(key))
        return std::unexpected(host.error_at(
            key,
            fmt::format("'{}' comes with the bundle: give either bundle, or lib and wit", key)));
    CAPSTAN_TRY(std::string name, read_name(host));
    CAPSTAN_TRY(const fs::path path, find_bundle(host, folder, search_paths));
    CAPSTAN_TRY(manifest, read_manifest(path));
    manifest.name = std::move(name);
  } else {
    CAPSTAN_TRY(manifest, read_explicit(host, folder));
  }
  CAPSTAN_TRY(const Config changes, read_config(host));
  override_config(manifest.config, changes);
  return manifest;
}

Result<std::vector<Manifest>> read_hosts_table(const ConfigTable& file, const fs::path& folder) {
  CAPSTAN_TRY(const auto global, file.table_if("global"));
  std::vector<fs::path> search_paths;
  if (global) {
    CAPSTAN_TRY(const auto texts, global->texts("search_paths"));
    for (const std::string& text : texts) search_paths.push_back(resolve(folder, text));
  }
  CAPSTAN_TRY(const auto hosts, file.tables("host"));
  for (const ConfigTable& host : hosts) {
    know_keys(host);
    CAPSTAN_TRY_VOID(read_config(host));
  }
  CAPSTAN_TRY_VOID(file.finish());
  std::vector<Manifest> manifests;
  std::set<std::string> names;
  for (const ConfigTable& host : hosts) {
    CAPSTAN_TRY(Manifest manifest, read_host(host, folder, search_paths));
    if (!names.insert(manifest.name).second)
      return std::unexpected(host.error_at(
          "name",
          fmt::format("two hosts are called '{}': give each a name of its own", manifest.name)));
    manifests.push_back(std::move(manifest));
  }
  return manifests;
}

fs::path folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

}  // namespace

void override_config(Config& config, const Config& changes) {
  for (const auto& [key, value] : changes) {
    const auto found = std::ranges::find(config, key, &Config::value_type::first);
    if (found == config.end()) {
      config.emplace_back(key, value);
    } else {
      found->second = value;
    }
  }
}

Result<Manifest> read_manifest(const fs::path& folder) {
  if (!is_folder(folder)) {
    std::error_code ignored;
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: give the folder of the bundle, which has {}",
                            fs::exists(folder, ignored)
                                ? fmt::format("'{}' is not a folder", folder.string())
                                : fmt::format("there is no folder '{}'", folder.string()),
                            manifest_name));
  }
  const fs::path path = folder / manifest_name;
  if (!is_file(path))
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is no bundle: it has no {}", folder.string(), manifest_name));
  CAPSTAN_TRY(const ConfigTable file, ConfigTable::read(path));
  return read_manifest_table(file, folder);
}

Result<std::vector<Manifest>> read_hosts(const fs::path& hosts_toml) {
  CAPSTAN_TRY(const ConfigTable file, ConfigTable::read(hosts_toml));
  return read_hosts_table(file, folder_of(hosts_toml));
}

Result<Manifest> parse_manifest(std::string_view text, const fs::path& folder) {
  CAPSTAN_TRY(const ConfigTable file, ConfigTable::parse(text, manifest_name));
  return read_manifest_table(file, folder);
}

Result<std::vector<Manifest>> parse_hosts(std::string_view text, const fs::path& folder) {
  CAPSTAN_TRY(const ConfigTable file, ConfigTable::parse(text, "hosts.toml"));
  return read_hosts_table(file, folder);
}

}  // namespace capstan::bundle
