#include "cpp_type.h"

#include <fmt/format.h>

#include <array>

namespace capstan::codegen::host {
namespace {

constexpr std::array<std::string_view, 14> primitives = {
    "bool",        "std::uint8_t", "std::uint16_t", "std::uint32_t", "std::uint64_t",
    "std::int8_t", "std::int16_t", "std::int32_t",  "std::int64_t",  "float",
    "double",      "char32_t",     "std::string",   "error-context",
};

bool is_string(const Place& resolved) { return resolved.type == Type(Primitive::string); }

}  // namespace

bool is_number(const Plan& plan, const Place& place) {
  const Place resolved = resolve(plan, place);
  const auto* primitive = std::get_if<Primitive>(&resolved.type);
  return primitive != nullptr && *primitive >= Primitive::u8 && *primitive <= Primitive::f64;
}

bool is_scalar(const Plan& plan, const Place& place) {
  const Place resolved = resolve(plan, place);
  const TypeDef* type = definition(plan, resolved);
  if (type == nullptr) return !is_string(resolved);
  return std::holds_alternative<Enum>(type->shape) || std::holds_alternative<Flags>(type->shape) ||
         std::holds_alternative<Borrow>(type->shape);
}

std::string CppTypes::qualified(const Scope& scope, std::string_view name) const {
  if (scope.path == from_) return std::string(name);
  return fmt::format("{}::{}", fmt::join(scope.path, "::"), name);
}

std::string CppTypes::name(TypeId id) const {
  const Scope& scope = plan_.scope_of(scope_, id);
  return qualified(scope, plan_.named(scope, id).name);
}

std::string CppTypes::value(const Place& place) const {
  if (const auto* primitive = std::get_if<Primitive>(&place.type))
    return std::string(primitives[static_cast<std::size_t>(*primitive)]);
  const TypeId id = std::get<TypeId>(place.type);
  const TypeDef& type = plan_.model->types[id];
  if (type.name.empty()) return in_place(place, type);
  const Scope& scope = plan_.scope_of(*place.scope, id);
  return qualified(scope, plan_.named(scope, id).name);
}

// Whether the resource is one that the guest implements.
bool CppTypes::is_guests(const Place& place) const {
  return resolve(plan_, place).scope->side == Side::exports;
}

std::string CppTypes::handle(const Place& place, TypeId resource, std::string_view wrap) const {
  const Place target = {place.scope, resource};
  return wrap.empty() ? value(target) : fmt::format("{}<{}>", wrap, value(target));
}

// A type without a name of its own.
std::string CppTypes::in_place(const Place& place, const TypeDef& type) const {
  const auto of = [&](const Type& part) { return value(Place{place.scope, part}); };
  const auto maybe = [&](const std::optional<Type>& part, std::string_view none) {
    return part ? of(*part) : std::string(none);
  };
  const Shape& shape = type.shape;
  if (const auto* own = std::get_if<Own>(&shape)) {
    const bool guests = is_guests({place.scope, own->resource});
    return handle(place, own->resource, guests ? "" : "std::unique_ptr");
  }
  if (const auto* borrow = std::get_if<Borrow>(&shape))
    return handle(place, borrow->resource, "capstan::Borrow");
  if (const auto* tuple = std::get_if<Tuple>(&shape)) {
    std::vector<std::string> elements;
    for (const Type& element : tuple->elements) elements.push_back(of(element));
    return fmt::format("std::tuple<{}>", fmt::join(elements, ", "));
  }
  if (const auto* option = std::get_if<Option>(&shape))
    return fmt::format("std::optional<{}>", of(option->value));
  if (const auto* result = std::get_if<Expected>(&shape))
    return fmt::format("std::expected<{}, {}>", maybe(result->ok, "void"),
                       maybe(result->error, "std::monostate"));
  if (const auto* list = std::get_if<List>(&shape)) {
    const Place element = resolve(plan_, {place.scope, list->element});
    if (plan_.bytes == BytesChoice::shared && element.type == Type(Primitive::u8))
      return "capstan::Bytes";
    return fmt::format("std::vector<{}>", of(list->element));
  }
  if (const auto* list = std::get_if<FixedList>(&shape))
    return fmt::format("std::array<{}, {}>", of(list->element), list->size);
  if (const auto* map = std::get_if<Map>(&shape))
    return fmt::format("std::map<{}, {}>", of(map->key), of(map->value));
  if (const auto* alias = std::get_if<Alias>(&shape)) return of(alias->target);
  return "void";
}

std::string CppTypes::host_parameter(const Type& type, Waiting waiting) const {
  const Place resolved = resolve(plan_, {&scope_, type});
  if (const auto* borrow = shape_of<Borrow>(plan_, resolved))
    return value(Place{resolved.scope, borrow->resource}) + "&";
  if (waiting == Waiting::task) return value(type);
  if (is_string(resolved)) return "std::string_view";
  const auto* list = shape_of<List>(plan_, resolved);
  if (list != nullptr && is_number(plan_, {resolved.scope, list->element}))
    return fmt::format("std::span<const {}>", value(Place{resolved.scope, list->element}));
  return value(type);
}

Argument CppTypes::argument(const Type& type, const std::string& name, Waiting waiting) const {
  const Place resolved = resolve(plan_, {&scope_, type});
  const std::string owned = value(type);
  if (const auto* borrow = shape_of<Borrow>(plan_, resolved))
    return {value(Place{resolved.scope, borrow->resource}) + "&",
            fmt::format("capstan::Borrow({})", name)};
  if (is_scalar(plan_, resolved)) return {owned, name};
  if (waiting == Waiting::blocking) {
    if (is_string(resolved)) return {"std::string_view", name};
    if (const auto* list = shape_of<List>(plan_, resolved)) {
      const Place element = {resolved.scope, list->element};
      const bool is_bool = resolve(plan_, element).type == Type(Primitive::boolean);
      if (!is_bool && !holds_handles(plan_, element)) {
        return {fmt::format("std::span<const {}>", value(element)), name};
      }
    }
  }
  return {owned, fmt::format("std::move({})", name)};
}

}  // namespace capstan::codegen::host
