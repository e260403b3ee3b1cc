#include "order.h"

#include <algorithm>

namespace capstan::codegen::host {
namespace {

class Ordering {
 public:
  Ordering(const Plan& plan, const Scope& scope) : plan_(plan), scope_(scope) {}

  TypeOrder run() {
    for (const bool resources_turn : {false, true}) {
      for (const NamedType& type : scope_.types) {
        if (is<Resource>(type) == resources_turn) define(type);
      }
    }
    std::ranges::sort(order_.declared, {}, [&](const NamedType* type) { return type->name; });
    return std::move(order_);
  }

 private:
  template <typename S>
  bool is(const NamedType& type) const {
    return std::holds_alternative<S>(plan_.model->types[type.id].shape);
  }
  // Whether it becomes `using X = ...`: an alias, or a named list, tuple, handle and so on.
  bool is_using(const NamedType& type) const {
    return !(is<Record>(type) || is<Variant>(type) || is<Resource>(type) || is<Enum>(type) ||
             is<Flags>(type));
  }
  // Whether `class X;` or `struct X;` is possible.
  bool can_be_declared(const NamedType& type) const {
    return type.same_as == nullptr && !is_stream(plan_, {&scope_, type.id}) &&
           (is<Record>(type) || is<Variant>(type) || is<Resource>(type));
  }

  void define(const NamedType& type) {
    if (!started_.insert(&type).second) return;
    if (type.same_as == nullptr) {
      const bool mentions_only = is<Resource>(type) || is_using(type);
      for (const Method& method : type.methods) {
        for (const Type& part : mentioned(*method.function)) need(part, type, mentions_only);
      }
      for (const Type& part : parts_of(type)) need(part, type, mentions_only);
    }
    finished_.insert(&type);
    order_.defined.push_back(&type);
  }

  std::vector<Type> parts_of(const NamedType& type) const {
    return parts(plan_.model->types[type.id]);
  }

  // Makes every type of this scope that `type` is made of known, before `user` is defined.
  void need(const Type& type, const NamedType& user, bool declaration_suffices) {
    const TypeDef* definition = plan_.model->definition(type);
    if (definition == nullptr) return;
    const TypeId id = std::get<TypeId>(type);
    if (definition->name.empty()) {
      for (const Type& part : parts(*definition)) need(part, user, declaration_suffices);
      return;
    }
    const Scope& owner = plan_.scope_of(scope_, id);
    if (&owner != &scope_) return;
    const NamedType& named = plan_.named(owner, id);
    // An alias may stand before what it names; a value of it may not.
    if (!declaration_suffices && is_using(named) && named.same_as == nullptr) {
      for (const Type& part : parts_of(named)) need(part, user, false);
    }
    if (&named == &user || finished_.contains(&named)) return;
    if (declaration_suffices && can_be_declared(named)) {
      if (std::ranges::find(order_.declared, &named) == order_.declared.end())
        order_.declared.push_back(&named);
    } else {
      define(named);
    }
  }

  const Plan& plan_;
  const Scope& scope_;
  std::set<const NamedType*> started_;
  std::set<const NamedType*> finished_;
  TypeOrder order_;
};

}  // namespace

TypeOrder order_types(const Plan& plan, const Scope& scope) { return Ordering(plan, scope).run(); }

}  // namespace capstan::codegen::host
