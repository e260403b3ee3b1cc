#include <fmt/format.h>

#include "emit.h"
#include "layout.h"
#include "names.h"

namespace capstan::codegen::host {
namespace {

std::string describe(const NamedType& type, const std::vector<Field>& fields,
                     const std::vector<std::string>& members) {
  const std::string declaration = fmt::format("constexpr auto describe(const {}*)", type.name);
  if (fields.empty())
    return returning(0, declaration, fmt::format("capstan::abi::RecordShape<{}>()", type.name));
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    entries.push_back(fmt::format("capstan::abi::field({}, &{}::{})", quoted(fields[i].name),
                                  type.name, members[i]));
  }
  const std::string flat = fmt::format("capstan::abi::record({})", joined(entries));
  const std::string one_line = returning(0, declaration, flat);
  if (one_line.find('\n') == std::string::npos) return one_line;
  return fmt::format("{} {{\n  {}\n}}", declaration,
                     packed(2, "return capstan::abi::record(", entries, ");"));
}

}  // namespace

//   struct Point {
//     std::int32_t x{};
//     bool operator==(const Point&) const = default;
//   };
//   constexpr auto describe(const Point*) { return record(field("x", &Point::x)); }
//
// Every member has an initializer, so that designated initializers may leave any of them out.
std::string emit_record(const Site& site, const NamedType& type) {
  const TypeDef& definition = site.definition(type);
  const auto& fields = std::get<Record>(definition.shape).fields;
  NameSet names;
  std::vector<std::string> members;
  std::string body;
  for (const Field& field : fields) {
    members.push_back(names.claim(identifier(field.name)));
    body += comment(2, field.notes);
    body += fmt::format("  {} {}{{}};\n", site.types.value(field.type), members.back());
  }
  if (!holds_handles(site.plan, {&site.scope, type.id})) {
    body += fields.empty() ? "" : "\n";
    body += fmt::format("  bool operator==(const {}&) const = default;\n", type.name);
  }
  return fmt::format("{}struct {} {{\n{}}};\n{}\n", comment(0, definition.notes), type.name, body,
                     describe(type, fields, members));
}

}  // namespace capstan::codegen::host
