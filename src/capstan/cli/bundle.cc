#include <capstan/bundle/bundle.h>
#include <capstan/cli/commands.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>

// capstan bundle check DIR, capstan bundle list [DIR...]: host bundles, without running a guest.
namespace capstan::cli {
namespace {

namespace fs = std::filesystem;

struct BundleOptions {
  std::string folder;                        // check
  std::vector<std::string> folders = {"."};  // list
  std::string hosts;
  bool allow_anywhere = false;
};

bundle::Log log_to(const Session& session) {
  return [&session](bundle::LogLevel level, std::string_view name, std::string_view message) {
    const std::string line = fmt::format("bundle '{}': {}", name, message);
    if (level <= bundle::LogLevel::warn)
      session.warn(line);
    else if (session.log_level == "debug" ||
             (session.log_level == "info" && level == bundle::LogLevel::info))
      session.note(line);
  };
}

void check(const BundleOptions& options, Session& session) {
  const auto opened = bundle::Bundle::open(
      options.folder, {.allow_anywhere = options.allow_anywhere, .log = log_to(session)});
  if (!opened) return session.fail(opened.error());
  fmt::print("bundle '{}' is in order\n", opened->name());
  std::string interface;
  for (const bundle::BundleItem& item : opened->items()) {
    if (item.interface_id != interface) fmt::print("{}\n", interface = item.interface_id);
    if (item.signature.empty())
      fmt::print("  {}: resource\n", item.name);
    else
      fmt::print("  {}: {}\n", item.name, item.signature);
  }
}

void print_line(const fs::path& where, const Result<bundle::Bundle>& opened) {
  if (opened) {
    std::string interfaces;
    for (const std::string& id : opened->interfaces())
      interfaces += (interfaces.empty() ? "" : ", ") + id;
    fmt::print("{}  {}  {}\n", opened->name(), where.string(), interfaces);
  } else {
    fmt::print("-  {}  not usable: {}\n", where.string(), opened.error().message());
  }
}

// A folder is a bundle itself, or holds bundles.
std::vector<fs::path> bundle_folders(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "host.toml", ignored)) return {folder};
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (fs::exists(entry.path() / "host.toml", ignored)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

void list(const BundleOptions& options, Session& session) {
  if (!options.hosts.empty()) {
    const auto hosts = bundle::open_hosts(options.hosts, options.allow_anywhere, log_to(session));
    if (!hosts) return session.fail(hosts.error());
    for (const bundle::Bundle& one : *hosts) print_line(one.library(), one);
    if (auto conflicts = bundle::check_conflicts(*hosts); !conflicts)
      session.warn(conflicts.error().message());
    return;
  }
  std::size_t count = 0;
  for (const fs::path folder : options.folders) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
      return session.fail(platform::ExitStatus::usage,
                          fmt::format("there is no folder '{}'", folder.string()));
    for (const fs::path& path : bundle_folders(folder)) {
      ++count;
      print_line(path, bundle::Bundle::open(path, {.allow_anywhere = options.allow_anywhere,
                                                   .log = log_to(session)}));
    }
  }
  if (count == 0) session.note("no bundle found; a bundle is a folder with a host.toml");
}

}  // namespace

void define_bundle(CLI::App& app, Session& session) {
  auto options = std::make_shared<BundleOptions>();  // owned by the callbacks
  CLI::App* bundle = app.add_subcommand("bundle", "look at host bundles");
  bundle->require_subcommand(1);

  CLI::App* check_command = bundle->add_subcommand(
      "check", "load a bundle, compare it with its WIT, and show what it provides");
  add_session_options(*check_command, session);
  check_command->add_option("DIR", options->folder, "the bundle's folder, which has host.toml")
      ->required();

  CLI::App* list_command =
      bundle->add_subcommand("list", "the bundles in folders, or those of a hosts.toml");
  add_session_options(*list_command, session);
  auto* folders = list_command->add_option("DIR", options->folders,
                                           "bundles, or folders that hold bundles (default: here)");
  list_command->add_option("--host-config", options->hosts, "a hosts.toml")->excludes(folders);

  for (CLI::App* command : {check_command, list_command})
    command->add_flag("--allow-bundle-anywhere", options->allow_anywhere,
                      "load libraries that others may write to, or that belong to somebody else");
  check_command->callback([options, &session] { check(*options, session); });
  list_command->callback([options, &session] { list(*options, session); });
}

}  // namespace capstan::cli
