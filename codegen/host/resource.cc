#include <fmt/format.h>

#include "emit.h"
#include "layout.h"

namespace capstan::codegen::host {
namespace {

// The name the engine gives the resource: "wasi:io/streams@0.2.0.input-stream".
std::string wit_resource(const Site& site, const NamedType& type) {
  const std::string_view prefix = site.scope.side == Side::exports ? "exported " : "";
  const std::string_view dot = site.scope.interface ? "." : "";
  const std::string name =
      quoted(fmt::format("{}{}{}{}", prefix, site.scope.id, dot, type.wit_name));
  const std::string head = "  static constexpr std::string_view wit_resource =";
  const bool fits = head.size() + 1 + name.size() + 1 <= columns_max;
  return fmt::format("{}{}{};\n", head, fits ? " " : "\n      ", name);
}

//   class Bucket {
//    public:
//     static constexpr std::string_view wit_resource = "wasi:keyvalue/store.bucket";
//     virtual ~Bucket() = default;
//
//     virtual bool exists(std::string_view key) = 0;
//   };
std::string imported(const Site& site, const NamedType& type) {
  std::string text = fmt::format("class {} {{\n public:\n{}  virtual ~{}() = default;\n", type.name,
                                 wit_resource(site, type), type.name);
  if (!type.methods.empty()) text += "\n";
  for (const Method& method : type.methods) text += emit_host_function(site, method);
  return text + "};\n";
}

//   class Counter : public capstan::GuestResource {
//    public:
//     static constexpr std::string_view wit_resource = "exported demo:app/counters.counter";
//
//     capstan::Result<std::uint32_t> next();
//   };
Text exported(const Site& site, const NamedType& type) {
  Text text;
  text.header = fmt::format("class {} : public capstan::GuestResource {{\n public:\n{}", type.name,
                            wit_resource(site, type));
  const Text functions = emit_guest_functions(site, type.methods, type.name, "instance()");
  if (!functions.header.empty()) text.header += "\n" + functions.header;
  text.header += "};\n";
  text.source = functions.source;
  return text;
}

//   using OutputStream = capstan::host::OutputStream;
Text stream(const Site& site, const NamedType& type) {
  const std::string_view library =
      site.definition(type).name == "output-stream" ? "OutputStream" : "InputStream";
  return {fmt::format("using {} = capstan::host::{};\n", type.name, library), ""};
}

}  // namespace

Text emit_resource(const Site& site, const NamedType& type) {
  if (is_stream(site.plan, {&site.scope, type.id})) return stream(site, type);
  Text text;
  if (site.scope.side == Side::imports) {
    text.header = imported(site, type);
  } else {
    text = exported(site, type);
  }
  text.header.insert(0, comment(0, site.definition(type).notes));
  return text;
}

}  // namespace capstan::codegen::host
