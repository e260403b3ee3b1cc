#include <capstan/platform/entry.h>

#include <capstan/base/nearest.h>
#include <capstan/host/diagnostics.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace capstan::platform {
namespace {

constexpr std::string_view command_interface = "wasi:cli/run@0.";
constexpr std::size_t names_shown_max = 8;

using Items = std::vector<const ComponentItem*>;

// Functions that text arguments can reach: not methods and constructors of resources.
Items callable(std::span<const ComponentItem> exports) {
  Items items;
  for (const ComponentItem& item : exports)
    if (item.kind == ComponentItem::Kind::function && !item.name.starts_with('['))
      items.push_back(&item);
  return items;
}

bool takes_nothing(const ComponentItem& item) { return item.signature.starts_with("func()"); }

Entry entry_of(const ComponentItem& item, std::string_view arguments) {
  return {.interface_id = item.interface_name,
          .name = item.name,
          .arguments = std::string(arguments),
          .command = item.interface_name.starts_with(command_interface) && item.name == "run"};
}

// "a, b and 3 more"
std::string list(std::span<const std::string> names) {
  const std::size_t shown = std::min(names.size(), names_shown_max);
  std::string text = fmt::format("{}", fmt::join(names.first(shown), ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

std::vector<std::string> names_of(const Items& items) {
  std::vector<std::string> names;
  for (const ComponentItem* item : items) names.push_back(export_name(*item));
  return names;
}

// "test" of "test:component/test@0.1.0".
std::string_view short_name(std::string_view interface_id) {
  const std::string_view plain = host::without_version(interface_id);
  const auto slash = plain.rfind('/');
  return slash == std::string_view::npos ? plain : plain.substr(slash + 1);
}

// What an invocation names: with an interface, as much of it as was written.
struct Wanted {
  std::optional<std::string_view> interface_id;
  std::string_view name;
};

// Versions have dots: the last one divides. Names of functions have none.
Wanted split_name(std::string_view text) {
  const auto divider = text.find_last_of(".#");
  if (divider == std::string_view::npos) return {.interface_id = std::nullopt, .name = text};
  return {.interface_id = text.substr(0, divider), .name = text.substr(divider + 1)};
}

bool means(const Wanted& wanted, const ComponentItem& item) {
  if (item.name != wanted.name) return false;
  if (!wanted.interface_id) return true;
  const std::string_view id = item.interface_name;
  return *wanted.interface_id == id || *wanted.interface_id == host::without_version(id) ||
         *wanted.interface_id == short_name(id);
}

std::unexpected<Error> no_such_export(std::string_view component, std::string_view name,
                                      const Items& items) {
  std::vector<std::string> names = names_of(items);
  if (names.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' exports no function '{}', and no other that could be called",
                            component, name));
  // By the function's name alone, when it was given alone.
  std::vector<std::string_view> candidates;
  const bool qualified = split_name(name).interface_id.has_value();
  for (std::size_t i = 0; i < items.size(); ++i)
    candidates.push_back(qualified ? std::string_view(names[i]) : std::string_view(items[i]->name));
  const std::string_view near = base::nearest(name, candidates);
  if (!near.empty()) {
    const auto at = std::ranges::find(candidates, near) - candidates.begin();
    std::rotate(names.begin(), names.begin() + at, names.begin() + at + 1);
  }
  return fail(ErrorCode::invalid_argument, fmt::format("'{}' exports no function '{}': it has {}",
                                                       component, name, list(names)));
}

}  // namespace

std::string export_name(const ComponentItem& item) {
  return item.interface_name.empty() ? item.name
                                     : fmt::format("{}.{}", item.interface_name, item.name);
}

Result<Entry> find_entry(std::string_view component, std::span<const ComponentItem> exports) {
  const Items items = callable(exports);
  Items without_arguments;
  for (const ComponentItem* item : items) {
    if (item->interface_name.starts_with(command_interface) && item->name == "run")
      return entry_of(*item, "");
    if (takes_nothing(*item)) without_arguments.push_back(item);
  }
  for (const ComponentItem* item : without_arguments)
    if (item->interface_name.empty() && item->name == "run") return entry_of(*item, "");
  if (without_arguments.size() == 1) return entry_of(*without_arguments.front(), "");
  if (items.empty())
    return fail(
        ErrorCode::not_loadable,
        fmt::format("there is nothing to run in '{}': it exports neither wasi:cli/run nor a "
                    "function that could be called",
                    component));
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("'{}' exports no wasi:cli/run: choose a function with --invoke; it has {}",
                  component, list(names_of(items))));
}

Result<Entry> find_invoked(std::string_view component, std::span<const ComponentItem> exports,
                           std::string_view invocation) {
  const auto open = invocation.find('(');
  std::string_view name = invocation.substr(0, open);
  while (name.ends_with(' ')) name.remove_suffix(1);
  while (name.starts_with(' ')) name.remove_prefix(1);
  std::string_view arguments;
  if (open != std::string_view::npos) {
    const auto close = invocation.find_last_not_of(" \t\n");
    if (invocation[close] != ')' || close == open)
      return fail(ErrorCode::invalid_argument,
                  fmt::format("'{}' has no ')' at its end: write name(arguments)", invocation));
    arguments = invocation.substr(open + 1, close - open - 1);
  }
  if (name.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' names no function: write name(arguments)", invocation));

  const Items items = callable(exports);
  const Wanted wanted = split_name(name);
  Items found;
  for (const ComponentItem* item : items)
    if (means(wanted, *item)) found.push_back(item);
  if (found.empty()) return no_such_export(component, name, items);
  // The world's own function is meant by its name alone.
  const auto own = std::ranges::find_if(
      found, [](const ComponentItem* item) { return item->interface_name.empty(); });
  if (found.size() > 1 && own == found.end())
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' could be {}: name the interface too",
                                                         name, list(names_of(found))));
  return entry_of(own == found.end() ? *found.front() : **own, arguments);
}

}  // namespace capstan::platform
