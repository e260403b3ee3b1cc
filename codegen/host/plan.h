// The plan of one output: which C++ namespaces there will be, what is in each, and how it is
// called.
//
// A world's imports and exports become scopes, one namespace each. The same WIT interface can be in
// a plan twice, once imported and once exported: its resources are different types then, and so is
// every type that mentions them; types that mention none are one C++ type.
//
// All naming decisions are made here, before any text is written. A Plan refers to its Model, which
// must outlive it; neither changes once made.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../model.h"
#include "options.h"

namespace capstan::codegen::host {

struct Scope;

// One function as a C++ member function.
struct Method {
  const Function* function = nullptr;
  std::string name{};
  std::string async_name{};           // of exports: the form that returns a task
  std::vector<std::string> params{};  // their C++ names
  bool returns_task = false;          // of imports
  std::size_t index = 0;              // of exports: its place in the world's table
};

// A type under the name it has in one scope.
struct NamedType {
  TypeId id = 0;
  std::string wit_name;
  std::string name{};              // "Error"
  std::string helper{};            // of variants "ErrorCase", of flags "ErrorFlag"
  const Scope* same_as = nullptr;  // the scope that defines it, when it is the same type there
  std::vector<Method> methods{};   // of resources
};

enum class Side : std::uint8_t { imports, exports };

struct Scope {
  Side side = Side::imports;
  std::optional<InterfaceId> interface;  // none: what the world itself imports or exports
  bool labelled = false;                 // known by a label in the world, not by its package
  std::string id;                        // "wasi:io/streams@0.2.0", or the label; empty: the world
  std::vector<std::string> path;         // its namespace
  std::vector<NamedType> types;
  std::vector<Method> functions;  // all but methods
  Notes notes;
  std::string accessor;  // of exports: the member of the world's class that gives its Guest
};

struct Plan {
  const Model* model = nullptr;
  std::size_t world = 0;
  BytesChoice bytes = BytesChoice::vector;
  std::string world_class;                      // "Demo"
  std::vector<std::string> world_path;          // where that class is
  std::vector<std::unique_ptr<Scope>> imports;  // each after those it uses; the world's own is last
  std::vector<std::unique_ptr<Scope>> exports;  // likewise
  std::size_t export_count = 0;

  [[nodiscard]] const Scope& world_imports() const { return *imports.back(); }
  [[nodiscard]] const Scope& world_exports() const { return *exports.back(); }

  // The scope that declares a named type, seen from another scope.
  [[nodiscard]] const Scope& scope_of(const Scope& from, TypeId id) const;
  [[nodiscard]] const NamedType& named(const Scope& scope, TypeId id) const;
};

// A type and the scope whose names it is written with.
struct Place {
  const Scope* scope;
  Type type;
};

// Follows aliases and `use` to what is meant.
[[nodiscard]] Place resolve(const Plan& plan, Place place);
// Its definition, or nullptr for a primitive.
[[nodiscard]] const TypeDef* definition(const Plan& plan, const Place& resolved);

// The shape of a resolved type if it is an S, else nullptr.
template <typename S>
const S* shape_of(const Plan& plan, const Place& resolved) {
  const TypeDef* found = definition(plan, resolved);
  return found == nullptr ? nullptr : std::get_if<S>(&found->shape);
}

// The resources that a type mentions, each with the scope that declares it.
using Resources = std::set<std::pair<const Scope*, TypeId>>;
[[nodiscard]] Resources resources(const Plan& plan, const Place& place);

// Whether WASI serves the interface, whatever its 0.2 version: the host makes streams for it, and
// does not implement it.
[[nodiscard]] bool is_wasi_streams(const Plan& plan, const Scope& scope);
// Whether a resolved type is one of its streams, which are classes of the library.
[[nodiscard]] bool is_stream(const Plan& plan, const Place& resolved);

// Whether values of the type hold handles, so that they cannot be copied or compared.
[[nodiscard]] bool holds_handles(const Plan& plan, const Place& place);

[[nodiscard]] Outcome<Plan> make_plan(const Model& model, std::size_t world,
                                      const HostOptions& options);

}  // namespace capstan::codegen::host
