#include "unsupported.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::codegen::host {
namespace {

class Search {
 public:
  explicit Search(const Model& model) : model_(model) {}

  // The WIT text of the first unsupported type that `type` is made of, or empty.
  std::string in(const Type& type) {
    const TypeDef* definition = model_.definition(type);
    if (definition == nullptr) return type == Type(Primitive::error_context) ? "error-context" : "";
    const Shape& shape = definition->shape;
    if (std::holds_alternative<Stream>(shape) || std::holds_alternative<Future>(shape))
      return model_.spelled_out(*definition);
    if (!visited_.insert(std::get<TypeId>(type)).second) return "";
    for (const Type& part : parts(*definition)) {
      if (std::string found = in(part); !found.empty()) return found;
    }
    return "";
  }

  // Each search looks again at what an earlier one has seen, so that every user of a type is found.
  std::string in(const Function& function) {
    visited_.clear();
    for (const Type& type : mentioned(function)) {
      if (std::string found = in(type); !found.empty()) return found;
    }
    return "";
  }

 private:
  const Model& model_;
  std::set<TypeId> visited_;
};

// Whether values of the type hold streams of WASI's, which can be given to the guest but not taken
// from it.
bool holds_streams(const Plan& plan, const Place& place) {
  const Resources found = resources(plan, place);
  return std::ranges::any_of(found, [&](const auto& resource) {
    return is_stream(plan, {resource.first, resource.second});
  });
}

// The WIT text of a type with which the guest would give the host a stream, or empty.
std::string given_stream(const Plan& plan, const Scope& scope, const Function& function) {
  if (scope.side == Side::exports)
    return function.result && holds_streams(plan, {&scope, *function.result})
               ? plan.model->wit(*function.result)
               : "";
  for (const Field& param : function.params)
    if (holds_streams(plan, {&scope, param.type})) return plan.model->wit(param.type);
  return "";
}

std::string message(const std::string& location, const std::string& name, const std::string& type) {
  return fmt::format("{}{}{} uses {}, which host bindings do not support yet", location,
                     location.empty() ? "" : ": ", name, type);
}

std::optional<std::string> find_in(const Plan& plan, const Scope& scope) {
  if (is_wasi_streams(plan, scope)) return std::nullopt;  // none of it is generated
  const Model& model = *plan.model;
  const std::string owner = scope.interface ? scope.id : model.world_id(plan.world);
  Search search(model);
  std::vector<const Method*> methods;
  for (const Method& method : scope.functions) methods.push_back(&method);
  for (const NamedType& type : scope.types) {
    for (const Method& method : type.methods) methods.push_back(&method);
  }
  for (const Method* method : methods) {
    const Function& function = *method->function;
    if (const std::string found = search.in(function); !found.empty())
      return message(function.location, fmt::format("{}#{}", owner, function.name), found);
    if (const std::string found = given_stream(plan, scope, function); !found.empty())
      return message(function.location, fmt::format("{}#{}", owner, function.name),
                     found + ", a stream that the guest gives");
  }
  for (const NamedType& type : scope.types) {
    if (const std::string found = search.in(Type(type.id)); !found.empty())
      return message(model.types[type.id].location,
                     fmt::format("type '{}' of {}", type.wit_name, owner), found);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_unsupported(const Plan& plan) {
  for (const auto* scopes : {&plan.imports, &plan.exports}) {
    for (const auto& scope : *scopes) {
      if (auto found = find_in(plan, *scope)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace capstan::codegen::host
