#include <fmt/format.h>

#include "emit.h"
#include "layout.h"
#include "order.h"

namespace capstan::codegen::host {
namespace {

Text emit_type(const Site& site, const NamedType& type) {
  const Shape& shape = site.definition(type).shape;
  if (type.same_as != nullptr || std::holds_alternative<Alias>(shape))
    return {emit_alias(site, type), ""};
  if (std::holds_alternative<Record>(shape)) return {emit_record(site, type), ""};
  if (std::holds_alternative<Variant>(shape)) return {emit_variant(site, type), ""};
  if (std::holds_alternative<Enum>(shape)) return {emit_enum(site, type), ""};
  if (std::holds_alternative<Flags>(shape)) return {emit_flags(site, type), ""};
  if (std::holds_alternative<Resource>(shape)) return emit_resource(site, type);
  // A named handle, list, tuple and so on: `type names = list<string>`.
  return {emit_alias(site, type), ""};
}

// Whether the host brings the resource with the interface; WASI's streams come with WASI.
bool is_resource(const Plan& plan, const Scope& scope, const NamedType& type) {
  const Place resolved = resolve(plan, {&scope, type.id});
  return shape_of<Resource>(plan, resolved) != nullptr && !is_stream(plan, resolved);
}

// A table as a constant of the source file; empty for an empty table.
//
//   constexpr capstan::abi::FunctionShape functions[] = {
//       capstan::abi::function<&Host::open>("open", "identifier"),
//   };
std::string table(std::string_view type, std::string_view name,
                  const std::vector<std::string>& entries) {
  if (entries.empty()) return "";
  return braced(0, fmt::format("constexpr {} {}[] =", type, name), entries, ";") + "\n";
}

std::string host_class(const Site& site, std::string_view owner) {
  std::string text =
      fmt::format("class {} {{\n public:\n  virtual ~{}() = default;\n", owner, owner);
  text += site.scope.functions.empty() ? "" : "\n";
  for (const Method& method : site.scope.functions) text += emit_host_function(site, method);
  return text + "};\n";
}

// Registration by object and by accessor; without either when no function needs an object.
std::string add_to_linker(std::string_view owner, std::string_view shape, bool needs_object) {
  const std::string result = "capstan::Result<void>";
  const std::string linker = "capstan::Registry<State>& linker";
  const auto function = [&](std::string_view head, std::vector<std::string> parameters,
                            const std::string& provider) {
    return fmt::format("{}\n{}\n  {}\n}}\n", head,
                       function_head(0, result, "add_to_linker", parameters, ") {"),
                       packed(2, "return linker.add(", {std::string(shape), provider}, ");"));
  };
  if (!needs_object) return function("template <typename State>", {linker}, "{}");
  const std::string constrained = fmt::format(
      "template <typename State, typename Access>\n"
      "  requires std::is_invocable_r_v<{}&, Access&, State&>",
      owner);
  return function("template <typename State>", {linker, fmt::format("{}& host", owner)},
                  fmt::format("capstan::host::serve_with<{}>(host)", owner)) +
         function(constrained, {linker, "Access access"},
                  fmt::format("capstan::host::serve_through<{}, State>(std::move(access))", owner));
}

// The class for calling an exported interface.
//
//   class Guest {
//    public:
//     explicit Guest(capstan::Instance instance) : instance_(std::move(instance)) {}
//     capstan::Result<bool> check(std::string_view name) const;
Text emit_guest(const Site& site) {
  if (site.scope.functions.empty()) return {};
  Text text = emit_guest_functions(site, site.scope.functions, "Guest", "instance_");
  text.header = fmt::format(
      "// Calls what {} exports.\n"
      "class Guest {{\n public:\n"
      "  explicit Guest(capstan::Instance instance) : instance_(std::move(instance)) {{}}\n\n"
      "{}\n private:\n  capstan::Instance instance_;\n}};\n",
      site.scope.id, text.header);
  return text;
}

}  // namespace

std::string spaced(const std::vector<std::string>& blocks) {
  std::string text;
  for (const std::string& block : blocks) {
    if (block.empty()) continue;
    if (!text.empty()) text += "\n";
    text += block;
  }
  return text;
}

std::string in_namespace(const std::vector<std::string>& path, std::string_view text,
                         std::string_view comment) {
  if (text.empty()) return "";
  const std::string name = fmt::format("{}", fmt::join(path, "::"));
  const std::string_view gap = text.starts_with("namespace {") ? "" : "\n";
  return fmt::format("{}namespace {} {{\n{}{}\n}}  // namespace {}\n", comment, name, gap, text,
                     name);
}

std::string anonymous(std::string_view text) {
  return fmt::format("namespace {{\n\n{}\n}}  // namespace\n", text);
}

Text emit_types(const Site& site) {
  const TypeOrder order = order_types(site.plan, site.scope);
  std::string declared;
  for (const NamedType* type : order.declared) {
    const bool is_struct = std::holds_alternative<Record>(site.definition(*type).shape);
    declared += fmt::format("{} {};\n", is_struct ? "struct" : "class", type->name);
  }
  std::vector<std::string> header = {declared};
  std::vector<std::string> source;
  std::set<std::string> used;  // `using a::B;` refers to other scopes only: these come first
  std::string aliases;
  for (const NamedType* type : order.defined) {
    Text text = emit_type(site, *type);
    source.push_back(std::move(text.source));
    if (text.header.starts_with("using ") && text.header.find('=') == std::string::npos) {
      used.insert(text.header.substr(0, text.header.find(';')));
      continue;
    }
    // Aliases of one line stand together.
    if (text.header.starts_with("using ") && text.header.find('\n') == text.header.size() - 1) {
      aliases += text.header;
      continue;
    }
    header.push_back(std::exchange(aliases, ""));
    header.push_back(std::move(text.header));
  }
  header.push_back(aliases);
  std::string usings;
  for (const std::string& one : used) usings += one + ";\n";
  header.insert(header.begin(), usings);
  return {spaced(header), spaced(source)};
}

Text emit_host(const Site& site, std::string_view owner, std::string_view prefix) {
  const Scope& scope = site.scope;
  const std::string shape = fmt::format("{}shape", prefix);
  const std::string function_table = fmt::format("{}functions", prefix);
  const std::string resource_table = fmt::format("{}resources", prefix);
  std::vector<std::string> functions;
  std::vector<std::string> resources;
  for (const Method& method : scope.functions) functions.push_back(host_entry(method, owner));
  for (const NamedType& type : scope.types) {
    if (!is_resource(site.plan, scope, type)) continue;
    const std::string name = site.types.name(type.id);
    for (const Method& method : type.methods) functions.push_back(host_entry(method, name));
    resources.push_back(
        fmt::format("capstan::host::resource<{}>({})", name, quoted(type.wit_name)));
  }
  if (functions.empty() && resources.empty()) return {};

  const bool needs_object = !scope.functions.empty();
  const std::string tables =
      spaced({table("capstan::abi::FunctionShape", function_table, functions),
              table("capstan::host::ResourceShape", resource_table, resources)});
  const std::string definition =
      packed(0, fmt::format("constinit const capstan::host::InterfaceShape {} = {{", shape),
             {quoted(scope.id), functions.empty() ? "{}" : function_table,
              resources.empty() ? "{}" : resource_table},
             "};");
  return {spaced({needs_object ? host_class(site, owner) : "",
                  fmt::format("extern const capstan::host::InterfaceShape {};\n", shape),
                  add_to_linker(owner, shape, needs_object)}),
          spaced({anonymous(tables), definition + "\n"})};
}

Text emit_scope(const Plan& plan, const Scope& scope) {
  const Site site(plan, scope);
  Text text = emit_types(site);
  if (scope.interface) {
    const bool host = scope.side == Side::imports && !is_wasi_streams(plan, scope);
    const Text rest = host                          ? emit_host(site, "Host", "")
                      : scope.side == Side::exports ? emit_guest(site)
                                                    : Text();
    text.header = spaced({text.header, rest.header});
    text.source = spaced({text.source, rest.source});
  }
  return {in_namespace(scope.path, text.header, comment(0, scope.notes)),
          in_namespace(scope.path, text.source)};
}

}  // namespace capstan::codegen::host
