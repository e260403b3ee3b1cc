// The order in which a scope's types can be defined in C++.
//
// Records and variants hold their parts by value, so the parts come first. A resource's class only
// mentions types in its functions: it comes after the plain types, unless one of those holds a
// handle of it, and what it mentions before its turn is declared ahead.
#pragma once

#include <vector>

#include "plan.h"

namespace capstan::codegen::host {

struct TypeOrder {
  std::vector<const NamedType*> declared;  // ahead: `class Bucket;`
  std::vector<const NamedType*> defined;
};

[[nodiscard]] TypeOrder order_types(const Plan& plan, const Scope& scope);

}  // namespace capstan::codegen::host
