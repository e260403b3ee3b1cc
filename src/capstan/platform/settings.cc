#include <capstan/platform/settings.h>

#include <capstan/capability/messaging/topic.h>
#include <capstan/platform/values.h>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace capstan::platform {
namespace {

// Reads a value into a list, or into a single option.
template <auto Member, auto Parse>
Result<void> append(RunSettings& settings, std::string_view text) {
  CAPSTAN_TRY(auto value, Parse(text));
  (settings.*Member).push_back(std::move(value));
  return {};
}
template <auto Member, auto Parse>
Result<void> assign(RunSettings& settings, std::string_view text) {
  CAPSTAN_TRY((settings.*Member), Parse(text));
  return {};
}

Result<std::uint64_t> parse_fuel(std::string_view text) {
  return parse_count(text, std::numeric_limits<std::int64_t>::max());
}
Result<std::uint32_t> parse_handles(std::string_view text) {
  CAPSTAN_TRY(const std::uint64_t count, parse_count(text, 1 << 24));
  return static_cast<std::uint32_t>(count);
}
Result<AllowedName> parse_allowed_name(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos)
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("'{}' has no ':': write CAPABILITY:NAME, such as keyvalue:cache", text));
  CAPSTAN_TRY_VOID(check_capability(text.substr(0, colon)));
  return AllowedName{.capability = std::string(text.substr(0, colon)),
                     .name = std::string(text.substr(colon + 1))};
}
Result<TopicSubscription> parse_subscription(std::string_view text) {
  TopicSubscription subscription;
  std::string_view rest = text;
  const auto next = [&rest] {
    const auto comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    return part;
  };
  subscription.pattern = next();
  if (const auto checked = messaging::check_pattern(subscription.pattern); !checked)
    return fail(ErrorCode::invalid_argument, checked.error().message);
  while (!rest.empty()) {
    const std::string_view part = next();
    const auto equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    if (value.empty() || (key != "group" && key != "backend" && key != "in-flight"))
      return fail(ErrorCode::invalid_argument,
                  fmt::format("'{}' in '{}' is not understood: after the pattern there can be "
                              "group=NAME, backend=LABEL and in-flight=N",
                              part, text));
    if (key == "group") subscription.group = value;
    if (key == "backend") subscription.label = value;
    if (key == "in-flight") {
      CAPSTAN_TRY(const std::uint64_t count, parse_count(value, 10'000));
      subscription.in_flight_max = static_cast<std::uint32_t>(count);
    }
  }
  return subscription;
}
Result<std::string> parse_bucket(std::string_view text) { return std::string(text); }
Result<std::string> parse_application(std::string_view text) {
  if (text.empty() || text.find('/') != std::string_view::npos)
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("'{}' cannot be an application's name: it is not empty and has no '/'", text));
  return std::string(text);
}
Result<std::filesystem::path> parse_path(std::string_view text) {
  if (text.empty()) return fail(ErrorCode::invalid_argument, "'' is no path");
  return std::filesystem::path(text);
}

using S = RunSettings;
constexpr RunOption options[] = {
    {"--host-bundle", "host-bundles", "DIR", "serve imports from a host bundle", true,
     append<&S::host_bundles, parse_path>},
    {"--host-config", "host-config", "FILE", "load the host bundles of a hosts.toml", false,
     assign<&S::host_config, parse_path>},
    {"--backend", "backends", "CAPABILITY[:LABEL]=URL", "choose what serves a capability", true,
     append<&S::backends, parse_backend>},
    {"--allow-name", "allow-names", "CAPABILITY:NAME",
     "let the component use this bucket, container, ... and only those that are named so", true,
     append<&S::allowed_names, parse_allowed_name>},
    {"--subscribe", "subscribe", "PATTERN[,group=NAME][,backend=LABEL][,in-flight=N]",
     "call the component's incoming-handler for messages to these topics", true,
     append<&S::subscriptions, parse_subscription>},
    {"--watch", "watch", "BUCKET",
     "call the component's keyvalue watcher for changes it makes in this bucket", true,
     append<&S::watched, parse_bucket>},
    {"--app", "app", "NAME", "whose names these are on a backend (default: the component's name)",
     false, assign<&S::application, parse_application>},
    {"--dir", "dirs", "HOST[::GUEST][,rw]",
     "a folder the component sees, read-only unless it ends in ,rw", true,
     append<&S::directories, parse_directory>},
    {"--config", "config", "KEY=VALUE", "a value the component may read through wasi:config", true,
     append<&S::config, parse_pair>},
    {"--config-env", "config-env", "KEY[=NAME]",
     "a configuration value that is the environment's variable NAME (default: KEY)", true,
     append<&S::config, parse_config_environment>},
    {"--env", "env", "NAME[=VALUE]", "an environment variable; NAME alone passes on its value",
     true, append<&S::environment, parse_environment>},
    {"--allow-net", "allow-net", "HOST:PORT", "an address the component may connect to", true,
     append<&S::allowed_addresses, parse_address>},
    {"--timeout", "timeout", "TIME", "stop the component after this time: 2s, 500ms, 1m", false,
     assign<&S::timeout_ms, parse_duration_ms>},
    {"--fuel", "fuel", "N", "stop the component after about N instructions", false,
     assign<&S::fuel, parse_fuel>},
    {"--max-memory", "max-memory", "SIZE", "let memory grow to at most this: 64MiB, 1GB", false,
     assign<&S::memory_bytes, parse_bytes>},
    {"--max-handles", "max-handles", "N", "host resources held at once (default: 100000)", false,
     assign<&S::handles, parse_handles>},
};

void make_absolute(std::filesystem::path& path, const std::filesystem::path& folder) {
  if (path.is_relative()) path = folder / path;
}

// Files and folders of backends; ":memory:" is none.
void make_absolute(BackendChoice& choice, const std::filesystem::path& folder) {
  if (!is_file_backend(choice) || choice.url.rest.starts_with(':')) return;
  std::filesystem::path path = choice.url.rest;
  make_absolute(path, folder);
  choice.url.rest = path.string();
}

Result<void> read_options(const ConfigTable& table, RunSettings& settings) {
  for (const RunOption& option : options) {
    const std::string key(option.key);
    if (key == "config") continue;  // a table of its own
    std::vector<std::string> texts;
    if (option.repeatable) {
      CAPSTAN_TRY(texts, table.texts(key));
    } else if (table.has(key) && (key == "fuel" || key == "max-handles")) {
      CAPSTAN_TRY(const std::int64_t number, table.integer_or(key, 0));
      texts.push_back(std::to_string(number));
    } else {
      CAPSTAN_TRY(std::string text, table.text_or(key, ""));
      if (table.has(key)) texts.push_back(std::move(text));
    }
    for (const std::string& text : texts)
      if (const auto applied = option.apply(settings, text); !applied)
        return std::unexpected(
            table.error_at(key, fmt::format("{}: {}", key, applied.error().message())));
  }
  return {};
}

Result<std::optional<bool>> read_boolean(const ConfigTable& table, std::string_view key) {
  CAPSTAN_TRY(const bool value, table.boolean_or(key, false));
  if (!table.has(key)) return std::nullopt;
  return value;
}

// Whether a variable has a secret of a backend, which is not the component's to see: those that
// options such as `key-env=NAME` name.
bool is_backend_secret(const RunSettings& settings, std::string_view variable) {
  if (variable == "CAPSTAN_VAULT_KEY") return true;
  return std::ranges::any_of(settings.backends, [variable](const BackendChoice& choice) {
    return std::ranges::any_of(choice.url.options, [variable](const auto& option) {
      return option.first.ends_with("-env") && option.second == variable;
    });
  });
}

template <typename T>
void prefer(std::optional<T>& under, std::optional<T>&& over) {
  if (over) under = std::move(over);
}

template <typename T, typename Same>
void merge_list(std::vector<T>& under, std::vector<T>&& over, Same same) {
  std::erase_if(under, [&](const T& old) {
    return std::ranges::any_of(over, [&](const T& replacing) { return same(old, replacing); });
  });
  std::ranges::move(over, std::back_inserter(under));
}

}  // namespace

std::span<const RunOption> run_options() { return options; }

Result<void> apply(const RunOption& option, RunSettings& settings, std::string_view text) {
  auto applied = option.apply(settings, text);
  if (!applied) return std::unexpected(std::move(applied).error().with_context(option.flag));
  return {};
}

Result<RunSettings> read_run_table(const ConfigTable& table, const std::filesystem::path& folder) {
  RunSettings settings;
  CAPSTAN_TRY_VOID(read_options(table, settings));
  CAPSTAN_TRY(settings.inherit_environment, read_boolean(table, "inherit-env"));
  CAPSTAN_TRY(settings.inherit_network, read_boolean(table, "inherit-network"));
  CAPSTAN_TRY(const auto config, table.table_if("config"));
  if (config) {
    CAPSTAN_TRY(auto values, config->values());
    // Those of the environment were read before, and win.
    settings.config.insert(settings.config.begin(), std::make_move_iterator(values.begin()),
                           std::make_move_iterator(values.end()));
  }
  CAPSTAN_TRY(settings.arguments, table.texts("args"));

  for (wasi::Directory& directory : settings.directories) {
    std::filesystem::path host = directory.host;
    make_absolute(host, folder);
    directory.host = host.string();
  }
  for (BackendChoice& choice : settings.backends) make_absolute(choice, folder);
  for (std::filesystem::path& bundle : settings.host_bundles) make_absolute(bundle, folder);
  if (settings.host_config) make_absolute(*settings.host_config, folder);
  return settings;
}

RunSettings merge(RunSettings under, RunSettings over) {
  const auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
  merge_list(under.environment, std::move(over.environment), same_key);
  merge_list(under.config, std::move(over.config), same_key);
  merge_list(under.directories, std::move(over.directories),
             [](const auto& a, const auto& b) { return a.guest == b.guest; });
  merge_list(under.backends, std::move(over.backends), [](const auto& a, const auto& b) {
    return a.capability == b.capability && a.label == b.label;
  });
  merge_list(under.allowed_names, std::move(over.allowed_names), [](const auto& a, const auto& b) {
    return a.capability == b.capability && a.name == b.name;
  });
  merge_list(under.subscriptions, std::move(over.subscriptions),
             [](const TopicSubscription& a, const TopicSubscription& b) {
               return a.pattern == b.pattern && a.group == b.group && a.label == b.label;
             });
  merge_list(under.watched, std::move(over.watched), std::equal_to<>());
  merge_list(under.allowed_addresses, std::move(over.allowed_addresses), std::equal_to<>());
  merge_list(under.host_bundles, std::move(over.host_bundles), std::equal_to<>());
  prefer(under.inherit_environment, std::move(over.inherit_environment));
  prefer(under.inherit_network, std::move(over.inherit_network));
  prefer(under.timeout_ms, std::move(over.timeout_ms));
  prefer(under.fuel, std::move(over.fuel));
  prefer(under.memory_bytes, std::move(over.memory_bytes));
  prefer(under.handles, std::move(over.handles));
  prefer(under.application, std::move(over.application));
  prefer(under.host_config, std::move(over.host_config));
  if (!over.arguments.empty()) under.arguments = std::move(over.arguments);
  return under;
}

Result<void> check(const RunSettings& settings) {
  CAPSTAN_TRY_VOID(check_backends(settings.backends));
  for (const TopicSubscription& subscription : settings.subscriptions)
    if (!subscription.label.empty() &&
        backend_for(settings.backends, "messaging", subscription.label).label != subscription.label)
      return fail(ErrorCode::invalid_argument,
                  fmt::format("there is no broker '{0}' to subscribe to '{1}' at: add "
                              "--backend messaging:{0}=URL, or leave backend={0} out",
                              subscription.label, subscription.pattern));
  for (std::size_t i = 0; i < settings.directories.size(); ++i) {
    const wasi::Directory& directory = settings.directories[i];
    std::error_code ignored;
    if (!std::filesystem::is_directory(directory.host, ignored))
      return fail(
          ErrorCode::invalid_argument,
          fmt::format("there is no folder '{}': make it, or correct --dir", directory.host));
    for (std::size_t j = 0; j < i; ++j)
      if (settings.directories[j].guest == directory.guest)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("two folders would be '{}' for the component: give one another "
                                "name with --dir HOST::GUEST",
                                directory.guest));
  }
  return {};
}

StoreOptions store_options(const RunSettings& settings, std::string_view name) {
  StoreOptions options;
  options.limits.memory_bytes = settings.memory_bytes.value_or(0);
  options.limits.fuel = settings.fuel.value_or(0);
  options.limits.deadline_ms = settings.timeout_ms.value_or(0);
  if (settings.handles) options.limits.handles = *settings.handles;

  Wasi& wasi = options.wasi;
  wasi.arguments.emplace_back(name);
  wasi.arguments.insert(wasi.arguments.end(), settings.arguments.begin(), settings.arguments.end());
  if (settings.inherit_environment.value_or(false)) {
    for (char** entry = environ; *entry != nullptr; ++entry)
      if (auto pair = parse_pair(*entry); pair && !is_backend_secret(settings, pair->first))
        wasi.environment.push_back(*std::move(pair));
  }
  for (const auto& variable : settings.environment) {  // the last one of a name counts
    std::erase_if(wasi.environment, [&](const auto& old) { return old.first == variable.first; });
    wasi.environment.push_back(variable);
  }
  wasi.directories = settings.directories;
  wasi.standard_input = wasi::Inherit{};
  wasi.standard_output = wasi::Inherit{};
  wasi.standard_error = wasi::Inherit{};
  wasi.network = settings.inherit_network.value_or(false);
  wasi.allowed_addresses = settings.allowed_addresses;
  return options;
}

}  // namespace capstan::platform
