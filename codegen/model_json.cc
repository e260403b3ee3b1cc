// Reading a Model from the toolchain's JSON.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model.h"

namespace capstan::codegen {
namespace {

// Keeps the order of the WIT, which the plain json type would sort away.
using Json = nlohmann::ordered_json;

Type read_type(const Json& json) {
  if (json.is_number()) return json.get<TypeId>();
  static const std::vector<std::pair<std::string_view, Primitive>> primitives = {
      {"bool", Primitive::boolean},  {"u8", Primitive::u8},
      {"u16", Primitive::u16},       {"u32", Primitive::u32},
      {"u64", Primitive::u64},       {"s8", Primitive::s8},
      {"s16", Primitive::s16},       {"s32", Primitive::s32},
      {"s64", Primitive::s64},       {"f32", Primitive::f32},
      {"f64", Primitive::f64},       {"char", Primitive::character},
      {"string", Primitive::string}, {"error-context", Primitive::error_context},
  };
  const auto word = json.get<std::string>();
  for (const auto& [name, primitive] : primitives) {
    if (name == word) return primitive;
  }
  throw std::runtime_error(fmt::format("unknown primitive type '{}'", word));
}

std::optional<Type> read_optional_type(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return read_type(json);
}

std::optional<Type> optional_member(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() ? std::nullopt : read_optional_type(*found);
}

std::string text_member(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || !found->is_string() ? "" : found->get<std::string>();
}

Notes read_notes(const Json& json) {
  Notes notes;
  if (const auto docs = json.find("docs"); docs != json.end())
    notes.docs = text_member(*docs, "contents");
  if (const auto stability = json.find("stability"); stability != json.end()) {
    for (const auto& kind : *stability) {
      if (kind.is_object()) notes.deprecated = text_member(kind, "deprecated");
    }
  }
  return notes;
}

std::vector<Label> read_labels(const Json& json) {
  std::vector<Label> labels;
  for (const Json& label : json) labels.push_back({label.at("name"), read_notes(label)});
  return labels;
}

std::vector<Type> read_types(const Json& json) {
  std::vector<Type> types;
  for (const Json& type : json) types.push_back(read_type(type));
  return types;
}

Record read_record(const Json& json) {
  Record record;
  for (const Json& field : json.at("fields"))
    record.fields.push_back({field.at("name"), read_type(field.at("type")), read_notes(field)});
  return record;
}

Variant read_variant(const Json& json) {
  Variant variant;
  for (const Json& one : json.at("cases"))
    variant.cases.push_back({one.at("name"), optional_member(one, "type"), read_notes(one)});
  return variant;
}

Shape read_handle(const Json& json) {
  if (json.contains("own")) return Own{json.at("own").get<TypeId>()};
  return Borrow{json.at("borrow").get<TypeId>()};
}

// `{"list": "u8"}`, or a word alone for kinds without contents.
Shape read_shape(const Json& json) {
  if (json.is_string() && json.get<std::string>() == "resource") return Resource{};
  const auto entry = json.items().begin();
  const std::string& kind = entry.key();
  const Json& body = entry.value();
  if (kind == "record") return read_record(body);
  if (kind == "variant") return read_variant(body);
  if (kind == "enum") return Enum{read_labels(body.at("cases"))};
  if (kind == "flags") return Flags{read_labels(body.at("flags"))};
  if (kind == "handle") return read_handle(body);
  if (kind == "tuple") return Tuple{read_types(body.at("types"))};
  if (kind == "option") return Option{read_type(body)};
  if (kind == "result") return Expected{optional_member(body, "ok"), optional_member(body, "err")};
  if (kind == "list") return List{read_type(body)};
  if (kind == "fixed-length-list")
    return FixedList{read_type(body.at(0)), body.at(1).get<std::uint32_t>()};
  if (kind == "map") return Map{read_type(body.at(0)), read_type(body.at(1))};
  if (kind == "future") return Future{read_optional_type(body)};
  if (kind == "stream") return Stream{read_optional_type(body)};
  if (kind == "type") return Alias{read_type(body)};
  throw std::runtime_error(fmt::format("unknown kind of type '{}'", kind));
}

Owner read_owner(const Json& json) {
  if (!json.is_object()) return {};
  if (json.contains("interface"))
    return {Owner::Kind::interface, json.at("interface").get<std::size_t>()};
  if (json.contains("world")) return {Owner::Kind::world, json.at("world").get<std::size_t>()};
  return {};
}

TypeDef read_definition(const Json& json, const Json& location) {
  return {text_member(json, "name"), read_shape(json.at("kind")), read_owner(json.at("owner")),
          read_notes(json), location.is_string() ? location.get<std::string>() : ""};
}

bool take_prefix(std::string& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.erase(0, prefix.size());
  return true;
}

bool take_suffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.erase(text.size() - suffix.size());
  return true;
}

// "async-method-getter" and its many relatives, alone or with the resource: {"method": 7}.
void read_kind(const Json& json, Function& function) {
  std::string kind = json.is_string() ? json.get<std::string>() : json.items().begin().key();
  if (json.is_object()) function.resource = json.items().begin().value().get<TypeId>();
  function.is_async = take_prefix(kind, "async-");
  if (take_suffix(kind, "getter")) {
    function.accessor = Accessor::getter;
  } else if (take_suffix(kind, "setter")) {
    function.accessor = Accessor::setter;
  }
  take_suffix(kind, "-");
  if (kind == "constructor") {
    function.kind = FunctionKind::constructor;
  } else if (kind == "method") {
    function.kind = FunctionKind::method;
  } else if (kind == "static") {
    function.kind = FunctionKind::statics;
  } else if (kind != "freestanding" && !kind.empty()) {
    throw std::runtime_error(fmt::format("unknown kind of function '{}'", kind));
  }
}

// "[method][get]blob.position" is "position" to its author.
std::string item_of(const Function& function) {
  std::string item = function.name.substr(function.name.rfind(']') + 1);
  const bool has_resource =
      function.kind == FunctionKind::method || function.kind == FunctionKind::statics;
  return has_resource ? item.substr(item.find('.') + 1) : item;
}

Function read_function(const Json& json, const Json& locations) {
  Function function;
  function.name = json.at("name");
  read_kind(json.at("kind"), function);
  function.item = item_of(function);
  for (const Json& param : json.at("params"))
    function.params.push_back({param.at("name"), read_type(param.at("type")), {}});
  if (function.kind == FunctionKind::method) function.params.erase(function.params.begin());
  function.result = optional_member(json, "result");
  function.notes = read_notes(json);
  function.location = text_member(locations, function.name.c_str());
  return function;
}

Interface read_interface(const Json& json, const Json& locations) {
  Interface interface;
  interface.name = text_member(json, "name");
  if (json.contains("package") && json.at("package").is_number())
    interface.package = json.at("package").get<std::size_t>();
  for (const auto& [name, id] : json.at("types").items())
    interface.types.emplace_back(name, id.get<TypeId>());
  for (const Json& function : json.at("functions"))
    interface.functions.push_back(read_function(function, locations.at("functions")));
  interface.notes = read_notes(json);
  interface.location = text_member(locations, "at");
  return interface;
}

std::vector<WorldItem> read_items(const Json& items, const Json& locations) {
  std::vector<WorldItem> result;
  for (const auto& [key, json] : items.items()) {
    WorldItem item;
    item.key = key;
    if (json.contains("interface")) {
      const Json& interface = json.at("interface");
      const InterfaceItem found = {interface.at("id").get<InterfaceId>()};
      item.what = found;
      item.notes = read_notes(interface);
      if (key == fmt::format("interface-{}", found.id)) item.key.clear();
    } else if (json.contains("function")) {
      item.what = read_function(json.at("function"), locations);
    } else {
      item.what = TypeItem{json.at("type").get<TypeId>()};
    }
    result.push_back(std::move(item));
  }
  return result;
}

// "wasi:http@0.2.0"
Package read_package(const Json& json) {
  const auto text = json.at("name").get<std::string>();
  const auto colon = text.find(':');
  const auto at = text.find('@');
  Package package;
  package.wit_namespace = text.substr(0, colon);
  package.name = text.substr(colon + 1, at == std::string::npos ? at : at - colon - 1);
  if (at != std::string::npos) package.version = text.substr(at + 1);
  return package;
}

Model read(const Json& json) {
  Model model;
  const Json& locations = json.at("locations");
  for (const Json& package : json.at("packages")) model.packages.push_back(read_package(package));
  for (const Json& type : json.at("types"))
    model.types.push_back(read_definition(type, locations.at("types").at(model.types.size())));
  for (const Json& interface : json.at("interfaces")) {
    const Json& places = locations.at("interfaces").at(model.interfaces.size());
    model.interfaces.push_back(read_interface(interface, places));
  }
  for (const Json& world : json.at("worlds")) {
    const Json& places = locations.at("world_functions").at(model.worlds.size());
    model.worlds.push_back({world.at("name"), world.at("package").get<std::size_t>(),
                            read_items(world.at("imports"), places),
                            read_items(world.at("exports"), places), read_notes(world)});
  }
  return model;
}

}  // namespace

Outcome<Model> read_model(std::string_view json) {
  try {
    return read(Json::parse(json));
  } catch (const std::exception& error) {
    return std::unexpected(
        fmt::format("internal error: the toolchain's JSON is not as expected: {}", error.what()));
  }
}

}  // namespace capstan::codegen
