#include "plan.h"

#include "naming.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace capstan::codegen::host {
namespace {

using Scopes = std::vector<std::unique_ptr<Scope>>;

const Scope* find_interface(const Scopes& scopes, InterfaceId id) {
  for (const auto& scope : scopes) {
    if (scope->interface == id && !scope->labelled) return scope.get();
  }
  return nullptr;
}

// Every scope of the world's items, in the order of the WIT, without names yet.
Scopes make_scopes(const Model& model, const std::vector<WorldItem>& items, Side side) {
  Scopes scopes;
  auto own = std::make_unique<Scope>();
  own->side = side;
  for (const WorldItem& item : items) {
    if (const auto* interface = std::get_if<InterfaceItem>(&item.what)) {
      auto scope = std::make_unique<Scope>();
      scope->side = side;
      scope->interface = interface->id;
      scope->labelled = !item.key.empty();
      scope->id = scope->labelled ? item.key : model.interface_id(interface->id);
      scope->notes = model.interfaces[interface->id].notes;
      scopes.push_back(std::move(scope));
    } else if (const auto* function = std::get_if<Function>(&item.what)) {
      own->functions.push_back({.function = function});
    } else if (const auto* type = std::get_if<TypeItem>(&item.what)) {
      own->types.push_back({.id = type->id, .wit_name = item.key});
    }
  }
  scopes.push_back(std::move(own));
  return scopes;
}

// Puts methods with their resources and keeps the rest.
void sort_functions(Scope& scope, std::vector<Method> functions) {
  for (Method& method : functions) {
    NamedType* resource = nullptr;
    if (method.function->kind == FunctionKind::method) {
      for (NamedType& type : scope.types) {
        if (type.id == method.function->resource) resource = &type;
      }
    }
    (resource != nullptr ? resource->methods : scope.functions).push_back(std::move(method));
  }
}

void fill(const Model& model, Scope& scope) {
  std::vector<Method> functions;
  if (scope.interface) {
    const Interface& interface = model.interfaces[*scope.interface];
    for (const auto& [name, id] : interface.types)
      scope.types.push_back({.id = id, .wit_name = name});
    for (const Function& function : interface.functions)
      functions.push_back({.function = &function});
  } else {
    functions.swap(scope.functions);
  }
  sort_functions(scope, std::move(functions));
}

// Each scope after the scopes whose types it uses; otherwise the order of the WIT.
class UseOrder {
 public:
  UseOrder(const Plan& plan, Scopes& scopes) : plan_(plan), scopes_(scopes) {}

  Scopes sorted() {
    std::vector<const Scope*> order;
    for (const auto& scope : scopes_) visit(*scope, order);
    Scopes result;
    for (const Scope* scope : order) {
      const auto found = std::ranges::find(scopes_, scope, &std::unique_ptr<Scope>::get);
      result.push_back(std::move(*found));
    }
    return result;
  }

 private:
  void visit(const Scope& scope, std::vector<const Scope*>& order) {
    if (!seen_.insert(&scope).second) return;
    if (scope.labelled) {
      // What it shares with the interface under its own name is defined there.
      if (const Scope* plain = find_interface(scopes_, *scope.interface)) visit(*plain, order);
    }
    for (const NamedType& type : scope.types) {
      const auto* alias = std::get_if<Alias>(&plan_.model->types[type.id].shape);
      const TypeDef* target = alias == nullptr ? nullptr : plan_.model->definition(alias->target);
      if (target == nullptr || target->name.empty()) continue;
      const Scope& used = plan_.scope_of(scope, std::get<TypeId>(alias->target));
      if (used.side == scope.side) visit(used, order);
    }
    order.push_back(&scope);
  }

  const Plan& plan_;
  Scopes& scopes_;
  std::set<const Scope*> seen_;
};

// Types that mean the same in a scope planned before are that scope's.
void share_types(const Plan& plan, Scope& scope, const Scope& earlier) {
  for (NamedType& type : scope.types) {
    const Resources here = resources(plan, {&scope, type.id});
    if (here == resources(plan, {&earlier, type.id})) type.same_as = &earlier;
  }
}

void share_types(const Plan& plan, Scopes& scopes) {
  for (const auto& scope : scopes) {
    if (!scope->interface) continue;
    const Scope* imported = find_interface(plan.imports, *scope->interface);
    const Scope* exported = find_interface(plan.exports, *scope->interface);
    if (imported != nullptr && imported != scope.get()) {
      share_types(plan, *scope, *imported);
    } else if (scope->side == Side::exports && exported != nullptr && exported != scope.get()) {
      share_types(plan, *scope, *exported);
    }
  }
}

void collect(const Plan& plan, const Place& place, Resources& found,
             std::set<std::pair<const Scope*, TypeId>>& seen) {
  const Place resolved = resolve(plan, place);
  const TypeDef* type = definition(plan, resolved);
  if (type == nullptr) return;
  const std::pair key = {resolved.scope, std::get<TypeId>(resolved.type)};
  if (!seen.insert(key).second) return;
  if (std::holds_alternative<Resource>(type->shape)) found.insert(key);
  for (const Type& part : parts(*type)) collect(plan, {resolved.scope, part}, found, seen);
}

}  // namespace

const Scope& Plan::scope_of(const Scope& from, TypeId id) const {
  const TypeDef& type = model->types[id];
  if (type.owner.kind == Owner::Kind::none) return from;
  if (type.owner.kind == Owner::Kind::world) return world_imports();
  if (from.interface == type.owner.index) return from;
  const Scope* found = nullptr;
  if (from.side == Side::exports) found = find_interface(exports, type.owner.index);
  if (found == nullptr) found = find_interface(imports, type.owner.index);
  if (found == nullptr)
    throw std::logic_error(
        fmt::format("type '{}' belongs to no interface of the world", type.name));
  return *found;
}

const NamedType& Plan::named(const Scope& scope, TypeId id) const {
  const auto found = std::ranges::find(scope.types, id, &NamedType::id);
  if (found == scope.types.end())
    throw std::logic_error(
        fmt::format("type '{}' is not in '{}'", model->types[id].name, scope.id));
  return *found;
}

Place resolve(const Plan& plan, Place place) {
  while (true) {
    const TypeDef* type = plan.model->definition(place.type);
    if (type == nullptr) return place;
    const TypeId id = std::get<TypeId>(place.type);
    if (!type->name.empty()) place.scope = &plan.scope_of(*place.scope, id);
    const auto* alias = std::get_if<Alias>(&type->shape);
    if (alias == nullptr) return place;
    place.type = alias->target;
  }
}

const TypeDef* definition(const Plan& plan, const Place& resolved) {
  return plan.model->definition(resolved.type);
}

bool is_wasi_streams(const Plan& plan, const Scope& scope) {
  if (scope.side != Side::imports || !scope.interface || scope.labelled) return false;
  const Interface& interface = plan.model->interfaces[*scope.interface];
  if (interface.name != "streams" || !interface.package) return false;
  const Package& package = plan.model->packages[*interface.package];
  return package.wit_namespace == "wasi" && package.name == "io" &&
         package.version.starts_with("0.2.") &&
         package.version.find_first_of("-+") == std::string::npos;
}

bool is_stream(const Plan& plan, const Place& resolved) {
  const TypeDef* type = definition(plan, resolved);
  return type != nullptr && std::holds_alternative<Resource>(type->shape) &&
         (type->name == "input-stream" || type->name == "output-stream") &&
         is_wasi_streams(plan, *resolved.scope);
}

Resources resources(const Plan& plan, const Place& place) {
  Resources found;
  std::set<std::pair<const Scope*, TypeId>> seen;
  collect(plan, place, found, seen);
  return found;
}

bool holds_handles(const Plan& plan, const Place& place) { return !resources(plan, place).empty(); }

Outcome<Plan> make_plan(const Model& model, std::size_t world, const HostOptions& options) {
  Plan plan;
  plan.model = &model;
  plan.world = world;
  plan.bytes = options.bytes_choice;
  plan.imports = make_scopes(model, model.worlds[world].imports, Side::imports);
  plan.exports = make_scopes(model, model.worlds[world].exports, Side::exports);
  for (Scopes* scopes : {&plan.imports, &plan.exports}) {
    for (const auto& scope : *scopes) fill(model, *scope);
  }
  Scopes imports = UseOrder(plan, plan.imports).sorted();
  plan.imports = std::move(imports);
  Scopes exports = UseOrder(plan, plan.exports).sorted();
  plan.exports = std::move(exports);
  share_types(plan, plan.imports);
  share_types(plan, plan.exports);
  if (auto named = name_everything(plan, options); !named) return std::unexpected(named.error());
  return plan;
}

}  // namespace capstan::codegen::host
