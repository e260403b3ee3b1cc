#include "model.h"

#include <fmt/format.h>

#include <array>

namespace capstan::codegen {
namespace {

constexpr std::array<std::string_view, 14> primitive_names = {
    "bool", "u8",  "u16", "u32", "u64",  "s8",     "s16",
    "s32",  "s64", "f32", "f64", "char", "string", "error-context"};

std::string qualified(const Package& package, std::string_view name) {
  const std::string version = package.version.empty() ? "" : "@" + package.version;
  return fmt::format("{}:{}/{}{}", package.wit_namespace, package.name, name, version);
}

std::string wit_optional(const Model& model, const std::optional<Type>& type) {
  return type ? model.wit(*type) : "_";
}

struct WitText {
  const Model& model;

  std::string list_of(std::string_view word, const std::vector<Type>& types) const {
    std::string inner;
    for (const Type& type : types) inner += (inner.empty() ? "" : ", ") + model.wit(type);
    return fmt::format("{}<{}>", word, inner);
  }
  std::string name_of(TypeId id) const { return model.types[id].name; }

  std::string operator()(const Own& own) const { return name_of(own.resource); }
  std::string operator()(const Borrow& borrow) const {
    return fmt::format("borrow<{}>", name_of(borrow.resource));
  }
  std::string operator()(const Tuple& tuple) const { return list_of("tuple", tuple.elements); }
  std::string operator()(const Option& option) const { return list_of("option", {option.value}); }
  std::string operator()(const List& list) const { return list_of("list", {list.element}); }
  std::string operator()(const Map& map) const { return list_of("map", {map.key, map.value}); }
  std::string operator()(const FixedList& list) const {
    return fmt::format("list<{}, {}>", model.wit(list.element), list.size);
  }
  std::string operator()(const Expected& result) const {
    if (!result.ok && !result.error) return "result";
    if (!result.error) return list_of("result", {*result.ok});
    return fmt::format("result<{}, {}>", wit_optional(model, result.ok), model.wit(*result.error));
  }
  std::string operator()(const Future& future) const {
    return future.value ? list_of("future", {*future.value}) : "future";
  }
  std::string operator()(const Stream& stream) const {
    return stream.element ? list_of("stream", {*stream.element}) : "stream";
  }
  std::string operator()(const Alias& alias) const { return model.wit(alias.target); }
  template <typename Named>
  std::string operator()(const Named&) const {
    return "?";
  }
};

struct Parts {
  std::vector<Type> types;

  void add(const std::optional<Type>& type) {
    if (type) types.push_back(*type);
  }
  void operator()(const Record& record) {
    for (const Field& field : record.fields) types.push_back(field.type);
  }
  void operator()(const Variant& variant) {
    for (const Case& one : variant.cases) add(one.payload);
  }
  void operator()(const Enum&) {}
  void operator()(const Flags&) {}
  void operator()(const Resource&) {}
  void operator()(const Own& own) { types.emplace_back(own.resource); }
  void operator()(const Borrow& borrow) { types.emplace_back(borrow.resource); }
  void operator()(const Tuple& tuple) { types = tuple.elements; }
  void operator()(const Option& option) { add(option.value); }
  void operator()(const Expected& result) {
    add(result.ok);
    add(result.error);
  }
  void operator()(const List& list) { add(list.element); }
  void operator()(const FixedList& list) { add(list.element); }
  void operator()(const Map& map) {
    add(map.key);
    add(map.value);
  }
  void operator()(const Future& future) { add(future.value); }
  void operator()(const Stream& stream) { add(stream.element); }
  void operator()(const Alias& alias) { add(alias.target); }
};

}  // namespace

std::string Model::interface_id(InterfaceId id) const {
  const Interface& interface = interfaces[id];
  if (interface.name.empty() || !interface.package) return interface.name;
  return qualified(packages[*interface.package], interface.name);
}

std::string Model::world_id(std::size_t world) const {
  return qualified(packages[worlds[world].package], worlds[world].name);
}

const TypeDef* Model::definition(const Type& type) const {
  const auto* id = std::get_if<TypeId>(&type);
  return id == nullptr ? nullptr : &types[*id];
}

std::string Model::wit(const Type& type) const {
  if (const auto* primitive = std::get_if<Primitive>(&type))
    return std::string(primitive_names[static_cast<std::size_t>(*primitive)]);
  const TypeDef& found = types[std::get<TypeId>(type)];
  return found.name.empty() ? spelled_out(found) : found.name;
}

std::string Model::spelled_out(const TypeDef& definition) const {
  return std::visit(WitText{*this}, definition.shape);
}

std::vector<Type> parts(const TypeDef& definition) {
  Parts collected;
  std::visit(collected, definition.shape);
  return std::move(collected.types);
}

std::vector<Type> mentioned(const Function& function) {
  std::vector<Type> types;
  for (const Field& param : function.params) types.push_back(param.type);
  if (function.result) types.push_back(*function.result);
  return types;
}

}  // namespace capstan::codegen
