// The emitters: each turns one kind of thing into text, sorted by where it must land.
//
// An emitter shows above it what it emits. Text is complete lines without indentation from outside;
// assemble.h pours everything into files.
#pragma once

#include <string>
#include <vector>

#include "cpp_type.h"
#include "plan.h"

namespace capstan::codegen::host {

// What an emitter reads: the plan, the scope it works in, and how to write types there.
struct Site {
  const Plan& plan;
  const Scope& scope;
  CppTypes types;

  Site(const Plan& the_plan, const Scope& the_scope)
      : plan(the_plan), scope(the_scope), types(the_plan, the_scope) {}
  // For text outside of the scope's own namespace.
  Site(const Plan& the_plan, const Scope& the_scope, const std::vector<std::string>& from)
      : plan(the_plan), scope(the_scope), types(the_plan, the_scope, from) {}

  [[nodiscard]] const TypeDef& definition(const NamedType& type) const {
    return plan.model->types[type.id];
  }
};

// Lines for the header and for the source file.
struct Text {
  std::string header;
  std::string source;
};

// One type: its definition and its describe().
[[nodiscard]] std::string emit_record(const Site& site, const NamedType& type);
[[nodiscard]] std::string emit_variant(const Site& site, const NamedType& type);
[[nodiscard]] std::string emit_enum(const Site& site, const NamedType& type);
[[nodiscard]] std::string emit_flags(const Site& site, const NamedType& type);
[[nodiscard]] std::string emit_alias(const Site& site, const NamedType& type);
[[nodiscard]] Text emit_resource(const Site& site, const NamedType& type);

// What enums, flags and variants share: their labels as enumerators, the enum class of these, and
// the describe() that gives the labels back.
[[nodiscard]] std::vector<std::string> enumerators_of(const std::vector<Label>& labels,
                                                      const std::vector<std::string>& reserved);
[[nodiscard]] std::string emit_enum_class(std::string_view name, const std::vector<Label>& labels,
                                          const std::vector<std::string>& enumerators);
[[nodiscard]] std::string emit_labels(std::string_view name, std::string_view kind,
                                      const std::vector<Label>& labels);

// All types of a scope in an order C++ accepts.
[[nodiscard]] Text emit_types(const Site& site);

// A function of the host, as a member of the abstract class `owner`.
[[nodiscard]] std::string emit_host_function(const Site& site, const Method& method);
// The functions of the guest that belong to `owner`, a class that reaches its instance by
// `instance`.
[[nodiscard]] Text emit_guest_functions(const Site& site, const std::vector<Method>& methods,
                                        std::string_view owner, std::string_view instance);
// Entries for the tables that describe functions to the library.
[[nodiscard]] std::string host_entry(const Method& method, std::string_view owner);
[[nodiscard]] std::string guest_entry(const Site& site, const Method& method,
                                      std::string_view owner);

// The class that the host implements and how it gets into a linker, with their table.
// `owner` is the class's name; the names of its tables begin with `prefix`.
[[nodiscard]] Text emit_host(const Site& site, std::string_view owner, std::string_view prefix);

// A scope's whole namespace; empty texts if there is nothing in it.
[[nodiscard]] Text emit_scope(const Plan& plan, const Scope& scope);

// The class named after the world, and what the world itself imports.
[[nodiscard]] Text emit_world(const Plan& plan);

// `text` inside `namespace a::b { ... }`, or nothing if it is empty.
[[nodiscard]] std::string in_namespace(const std::vector<std::string>& path, std::string_view text,
                                       std::string_view comment = "");

// `text` in a namespace without a name.
[[nodiscard]] std::string anonymous(std::string_view text);

// Blocks of lines with one empty line between them; empty blocks vanish.
[[nodiscard]] std::string spaced(const std::vector<std::string>& blocks);

}  // namespace capstan::codegen::host
