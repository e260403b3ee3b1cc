// WIT types as C++ types, as seen from one scope.
//
//                       value                            parameter of a host function
//   string              std::string                      std::string_view
//   list<u8>            std::vector<std::uint8_t>        std::span<const std::uint8_t>
//   borrow<bucket>      capstan::Borrow<Bucket>          Bucket&
//   own<bucket>         std::unique_ptr<Bucket>          the same
//   result<T, E>        std::expected<T, E>              the same
//
// Functions that return tasks take values. A resource that the guest implements is its handle
// class: own<counter> is `Counter`.
#pragma once

#include <string>
#include <vector>

#include "plan.h"

namespace capstan::codegen::host {

// How an export takes one argument and passes it on.
struct Argument {
  std::string declared;   // "std::vector<std::string>"
  std::string forwarded;  // "std::move(keys)"
};

enum class Waiting : std::uint8_t { blocking, task };

class CppTypes {
 public:
  // Names are written to be found from the namespace of `scope`.
  CppTypes(const Plan& plan, const Scope& scope) : CppTypes(plan, scope, scope.path) {}
  CppTypes(const Plan& plan, const Scope& scope, std::vector<std::string> from)
      : plan_(plan), scope_(scope), from_(std::move(from)) {}

  [[nodiscard]] std::string value(const Type& type) const { return value({&scope_, type}); }

  // The result of a function, or the payload of a case: `none` when there is none.
  [[nodiscard]] std::string optional_value(const std::optional<Type>& type,
                                           std::string_view none) const {
    return type ? value(*type) : std::string(none);
  }

  [[nodiscard]] std::string host_parameter(const Type& type, Waiting waiting) const;
  [[nodiscard]] Argument argument(const Type& type, const std::string& name, Waiting waiting) const;

  // What a name stands for that is no type of its own: `type names = list<string>`.
  [[nodiscard]] std::string meaning(TypeId id) const {
    return in_place({&scope_, id}, plan_.model->types[id]);
  }

  // The name of a declared type.
  [[nodiscard]] std::string name(TypeId id) const;
  [[nodiscard]] std::string qualified(const Scope& scope, std::string_view name) const;

 private:
  [[nodiscard]] std::string value(const Place& place) const;
  [[nodiscard]] std::string in_place(const Place& place, const TypeDef& type) const;
  [[nodiscard]] std::string handle(const Place& place, TypeId resource,
                                   std::string_view wrap) const;
  [[nodiscard]] bool is_guests(const Place& place) const;

  const Plan& plan_;
  const Scope& scope_;
  std::vector<std::string> from_;
};

// Whether a list of these is a block of numbers, which hosts see without a copy.
[[nodiscard]] bool is_number(const Plan& plan, const Place& place);

// Whether moving such a value is copying it.
[[nodiscard]] bool is_scalar(const Plan& plan, const Place& place);

}  // namespace capstan::codegen::host
