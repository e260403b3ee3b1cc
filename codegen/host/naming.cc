#include "naming.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "names.h"

namespace capstan::codegen::host {
namespace {

// What generated classes or their bases already use.
const std::vector<std::string> reserved_types = {"Case", "Guest",   "GuestResource",
                                                 "Host", "Storage", "Variant"};
const std::vector<std::string> reserved_in_imported_resource = {"wit_resource"};
const std::vector<std::string> reserved_in_exported_resource = {"drop", "forget", "handle",
                                                                "instance", "wit_resource"};
const std::vector<std::string> reserved_in_world = {"bind", "instance", "instance_", "instantiate",
                                                    "instantiate_async"};
const std::vector<std::string> reserved_params = {"instance", "instance_"};

// ---------------------------------------------------------------------------------- namespaces

std::vector<std::string> split_namespace(std::string_view text) {
  std::vector<std::string> segments;
  while (!text.empty()) {
    const auto colon = text.find("::");
    segments.emplace_back(text.substr(0, colon));
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 2);
  }
  return segments;
}

// Names the namespaces of one world.
class Namespaces {
 public:
  Namespaces(const Plan& plan, std::vector<std::string> root)
      : plan_(plan), model_(*plan.model), root_(std::move(root)) {
    count(model_.worlds[plan.world].package);
    for (const auto* scopes : {&plan.imports, &plan.exports}) {
      for (const auto& scope : *scopes) {
        if (scope->interface && !scope->labelled)
          count(*model_.interfaces[*scope->interface].package);
      }
    }
  }

  // `wit::wasi::http`; with its version when the world has several of the package.
  [[nodiscard]] std::vector<std::string> of_package(std::size_t id, Side side) const {
    const Package& package = model_.packages[id];
    std::vector<std::string> path = root_;
    if (side == Side::exports) path.push_back("exports");
    const bool hides_exports = side == Side::imports && package.wit_namespace == "exports";
    path.push_back(hides_exports ? "exports_" : segment(package.wit_namespace));
    std::string name = segment(package.name);
    const std::string suffix = version_suffix(package.version);
    if (versions_.at({package.wit_namespace, package.name}).size() > 1 && !suffix.empty())
      name = fmt::format("{}{}{}", name, name.ends_with('_') ? "" : "_", suffix);
    path.push_back(std::move(name));
    return path;
  }

  [[nodiscard]] std::vector<std::string> of_world(Side side) const {
    const World& world = model_.worlds[plan_.world];
    std::vector<std::string> path = of_package(world.package, side);
    path.push_back(segment(world.name));
    return path;
  }

  [[nodiscard]] std::vector<std::string> of_scope(const Scope& scope) const {
    if (!scope.interface) return of_world(scope.side);
    const Interface& interface = model_.interfaces[*scope.interface];
    std::vector<std::string> path =
        scope.labelled ? of_world(scope.side) : of_package(*interface.package, scope.side);
    path.push_back(segment(scope.labelled ? scope.id : interface.name));
    return path;
  }

 private:
  void count(std::size_t id) {
    const Package& package = model_.packages[id];
    versions_[{package.wit_namespace, package.name}].insert(id);
  }
  [[nodiscard]] std::string segment(std::string_view name) const {
    return namespace_segment(name, root_.front());
  }

  const Plan& plan_;
  const Model& model_;
  std::vector<std::string> root_;
  std::map<std::pair<std::string, std::string>, std::set<std::size_t>> versions_;
};

// --------------------------------------------------------------------------- types and functions

void name_types(const Model& model, Scope& scope) {
  NameSet names(reserved_types);
  for (NamedType& type : scope.types) type.name = names.claim(title(type.wit_name));
  // What the WIT does not name takes what is left.
  for (NamedType& type : scope.types) {
    const Shape& shape = model.types[type.id].shape;
    if (std::holds_alternative<Variant>(shape)) type.helper = names.claim(type.name + "Case");
    if (std::holds_alternative<Flags>(shape)) type.helper = names.claim(type.name + "Flag");
  }
}

// The function's name where it becomes a member: "open", "set_position", "make_bucket",
// "bucket_merge".
std::string member_name(const Model& model, const Function& function) {
  if (function.kind == FunctionKind::constructor) return "make_" + snake(function.item);
  const std::string item = snake(function.item);
  const std::string name = function.accessor == Accessor::setter ? "set_" + item : item;
  if (function.kind == FunctionKind::statics)
    return fmt::format("{}_{}", snake(model.types[function.resource].name), name);
  return name;
}

bool has_own_name(const Function& function) {
  const bool free_or_method =
      function.kind == FunctionKind::freestanding || function.kind == FunctionKind::method;
  return free_or_method && function.accessor != Accessor::setter;
}

void name_params(Method& method) {
  NameSet names(reserved_params);
  for (const Field& param : method.function->params)
    method.params.push_back(names.claim(identifier(param.name)));
}

// Names given by the WIT come before those made up here, so that they stay as they are.
void name_members(const Model& model, Side side, std::vector<Method>& methods, NameSet& names) {
  for (const bool own : {true, false}) {
    for (Method& method : methods) {
      if (has_own_name(*method.function) != own) continue;
      const std::string name = member_name(model, *method.function);
      method.name = names.claim(is_taken(name) ? name + '_' : name);
    }
  }
  for (Method& method : methods) {
    name_params(method);
    if (side == Side::exports) {
      const bool escaped = method.name.ends_with('_');
      method.async_name = names.claim(method.name + (escaped ? "async" : "_async"));
    }
  }
}

void name_functions(const Model& model, Scope& scope) {
  const bool exported = scope.side == Side::exports;
  NameSet names;
  if (exported && !scope.interface) names = NameSet(reserved_in_world);
  name_members(model, scope.side, scope.functions, names);
  for (NamedType& type : scope.types) {
    NameSet members(exported ? reserved_in_exported_resource : reserved_in_imported_resource);
    name_members(model, scope.side, type.methods, members);
  }
}

// How the world's class calls an exported interface: `store`, or with as much of its package as
// tells it from the others. Functions of the world come first.
void name_accessors(Plan& plan) {
  const Model& model = *plan.model;
  NameSet names(reserved_in_world);
  for (const Method& method : plan.world_exports().functions) {
    names.claim(method.name);
    names.claim(method.async_name);
  }
  std::map<std::string, int> uses;
  for (const auto& scope : plan.exports) {
    if (scope->interface) ++uses[scope->path.back()];
  }
  for (const auto& scope : plan.exports) {
    if (!scope->interface) continue;
    std::string name = scope->path.back();
    const Interface& interface = model.interfaces[*scope->interface];
    if (uses[name] > 1 && !scope->labelled) {
      const Package& package = model.packages[*interface.package];
      const std::string suffix = version_suffix(package.version);
      name = fmt::format("{}_{}_{}{}{}", snake(package.wit_namespace), snake(package.name),
                         snake(interface.name), suffix.empty() ? "" : "_", suffix);
    }
    scope->accessor = names.claim(name);
  }
}

void number_exports(Plan& plan) {
  for (const auto& scope : plan.exports) {
    for (Method& method : scope->functions) method.index = plan.export_count++;
    for (NamedType& type : scope->types) {
      for (Method& method : type.methods) method.index = plan.export_count++;
    }
  }
}

// ----------------------------------------------------------------------------------------- tasks

// Whether `wanted`, an entry of --async, means this function: "wasi:io/streams", with or without
// its version, "streams", or one function of it as "streams#open" or "streams#bucket.get".
bool means(std::string_view wanted, const Scope& scope, const Function& function) {
  const auto hash = wanted.find('#');
  const std::string_view interface = wanted.substr(0, hash);
  const std::string_view plain =
      std::string_view(function.name).substr(function.name.rfind(']') + 1);
  const auto is_function = [&](std::string_view name) {
    return name == function.name || name == plain;
  };
  if (!scope.interface)
    return hash == std::string_view::npos ? is_function(wanted)
                                          : interface.empty() && is_function(wanted.substr(1));
  const std::string_view id = scope.id;
  const std::string_view unversioned = id.substr(0, id.find('@'));
  const bool same_interface = interface == id || interface == unversioned ||
                              interface == unversioned.substr(unversioned.find('/') + 1);
  return same_interface && (hash == std::string_view::npos || is_function(wanted.substr(hash + 1)));
}

Outcome<void> choose_tasks(Plan& plan, const HostOptions& options) {
  std::vector<bool> used(options.async_interfaces.size());
  const auto decide = [&](const Scope& scope, Method& method) {
    const Function& function = *method.function;
    method.returns_task = options.async_choice == AsyncChoice::all ||
                          (function.is_async && options.async_choice != AsyncChoice::none);
    if (options.async_choice != AsyncChoice::listed) return;
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (!means(options.async_interfaces[i], scope, function)) continue;
      method.returns_task = true;
      used[i] = true;
    }
  };
  for (const auto& scope : plan.imports) {
    for (Method& method : scope->functions) decide(*scope, method);
    for (NamedType& type : scope->types) {
      for (Method& method : type.methods) decide(*scope, method);
    }
  }
  const auto unused = std::ranges::find(used, false);
  if (options.async_choice != AsyncChoice::listed || unused == used.end()) return {};
  const auto index = static_cast<std::size_t>(unused - used.begin());
  return std::unexpected(
      fmt::format("--async: '{}' is no interface or function that world {} imports",
                  options.async_interfaces[index], plan.model->world_id(plan.world)));
}

Outcome<std::vector<std::string>> root_namespace(const std::string& wanted) {
  std::vector<std::string> root = split_namespace(wanted.empty() ? "wit" : wanted);
  for (std::size_t i = 0; i < root.size(); ++i) {
    const std::string& segment = root[i];
    const bool word = !segment.empty() && (segment[0] < '0' || segment[0] > '9') &&
                      std::ranges::all_of(segment, [](char c) {
                        return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                               (c >= 'A' && c <= 'Z');
                      });
    if (!word || is_taken(segment) || segment == "std" || (i > 0 && segment == "capstan"))
      return std::unexpected(fmt::format("--namespace: '{}' cannot be a C++ namespace", wanted));
  }
  return root;
}

}  // namespace

Outcome<void> name_everything(Plan& plan, const HostOptions& options) {
  auto root = root_namespace(options.cpp_namespace);
  if (!root) return std::unexpected(root.error());
  const Namespaces namespaces(plan, *std::move(root));
  const World& world = plan.model->worlds[plan.world];
  plan.world_class = title(world.name);
  plan.world_path = namespaces.of_package(world.package, Side::imports);
  for (auto* scopes : {&plan.imports, &plan.exports}) {
    for (const auto& scope : *scopes) {
      scope->path = namespaces.of_scope(*scope);
      name_types(*plan.model, *scope);
      name_functions(*plan.model, *scope);
    }
  }
  name_accessors(plan);
  number_exports(plan);
  return choose_tasks(plan, options);
}

}  // namespace capstan::codegen::host
