// Resolved WIT as plain C++ values: what the emitters walk.
//
// Everything lives in four tables and refers to each other by index, as in the JSON it is read from
// (capstan/toolchain.h describes that form). The order is that of the WIT. A Model is immutable
// once read; nothing here knows about C++ output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "toolchain.h"

namespace capstan::codegen {

using TypeId = std::size_t;
using InterfaceId = std::size_t;

enum class Primitive : std::uint8_t {
  boolean,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  f32,
  f64,
  character,
  string,
  error_context,
};

// A use of a type: a primitive, or one of Model::types.
using Type = std::variant<Primitive, TypeId>;

// What the WIT says about an item besides its meaning.
struct Notes {
  std::string docs;
  std::string deprecated;  // the version since when, or empty
};

struct Field {
  std::string name;
  Type type;
  Notes notes;
};
struct Case {
  std::string name;
  std::optional<Type> payload;
  Notes notes;
};
struct Label {
  std::string name;
  Notes notes;
};

// The kinds of type. `Alias` is `type a = b` and `use i.{a}`.
struct Record {
  std::vector<Field> fields;
};
struct Variant {
  std::vector<Case> cases;
};
struct Enum {
  std::vector<Label> labels;
};
struct Flags {
  std::vector<Label> labels;
};
struct Resource {};
struct Own {
  TypeId resource;
};
struct Borrow {
  TypeId resource;
};
struct Tuple {
  std::vector<Type> elements;
};
struct Option {
  Type value;
};
struct Expected {
  std::optional<Type> ok;
  std::optional<Type> error;
};
struct List {
  Type element;
};
struct FixedList {
  Type element;
  std::uint32_t size;
};
struct Map {
  Type key;
  Type value;
};
struct Future {
  std::optional<Type> value;
};
struct Stream {
  std::optional<Type> element;
};
struct Alias {
  Type target;
};
using Shape = std::variant<Record, Variant, Enum, Flags, Resource, Own, Borrow, Tuple, Option,
                           Expected, List, FixedList, Map, Future, Stream, Alias>;

// Who declares a type.
struct Owner {
  enum class Kind : std::uint8_t { none, interface, world };
  Kind kind = Kind::none;
  std::size_t index = 0;
};

struct TypeDef {
  std::string name;  // empty: written in place, like `list<u8>`
  Shape shape;
  Owner owner;
  Notes notes;
  std::string location;  // "file:line:column", or empty
};

enum class FunctionKind : std::uint8_t { freestanding, constructor, method, statics };
enum class Accessor : std::uint8_t { none, getter, setter };

struct Function {
  std::string name;  // as in the component: "[method]bucket.get"
  std::string item;  // the WIT's own word for it: "get"; of a constructor, the resource's name
  FunctionKind kind = FunctionKind::freestanding;
  Accessor accessor = Accessor::none;
  bool is_async = false;
  TypeId resource = 0;        // of a constructor, method or static function
  std::vector<Field> params;  // without a method's self
  std::optional<Type> result;
  Notes notes;
  std::string location;
};

struct Interface {
  std::string name;  // empty: written in place in a world
  std::optional<std::size_t> package;
  std::vector<std::pair<std::string, TypeId>> types;
  std::vector<Function> functions;
  Notes notes;
  std::string location;
};

// One import or export of a world: an interface, a function, or a type of the world itself.
struct InterfaceItem {
  InterfaceId id = 0;
};
struct TypeItem {
  TypeId id = 0;
};
struct WorldItem {
  std::string key;  // its label in the world: "log"; empty for `import namespace:package/interface`
  std::variant<InterfaceItem, Function, TypeItem> what;
  Notes notes;
};

struct World {
  std::string name;
  std::size_t package = 0;
  std::vector<WorldItem> imports;
  std::vector<WorldItem> exports;
  Notes notes;
};

struct Package {
  std::string wit_namespace;
  std::string name;
  std::string version;  // may be empty
};

struct Model {
  std::vector<World> worlds;
  std::vector<Interface> interfaces;
  std::vector<TypeDef> types;
  std::vector<Package> packages;

  // "wasi:io/streams@0.2.0"; only for interfaces of a package.
  [[nodiscard]] std::string interface_id(InterfaceId id) const;
  // "wasi:http/proxy@0.2.0".
  [[nodiscard]] std::string world_id(std::size_t world) const;

  // The definition a type refers to, or nullptr for a primitive.
  [[nodiscard]] const TypeDef* definition(const Type& type) const;

  // The type as WIT text; named types by their names.
  [[nodiscard]] std::string wit(const Type& type) const;
  // What a definition says, even if it has a name.
  [[nodiscard]] std::string spelled_out(const TypeDef& definition) const;
};

[[nodiscard]] Outcome<Model> read_model(std::string_view json);

// The types a definition is made of, one level deep. The resource of a handle is one of them.
[[nodiscard]] std::vector<Type> parts(const TypeDef& definition);

// All types a function mentions: parameters, then the result.
[[nodiscard]] std::vector<Type> mentioned(const Function& function);

}  // namespace capstan::codegen
