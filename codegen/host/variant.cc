#include <fmt/format.h>

#include "emit.h"
#include "layout.h"

namespace capstan::codegen::host {
namespace {

// Members of capstan::Variant that a named constructor would hide.
const std::vector<std::string> reserved_cases = {"get",  "get_if",  "hold",  "is",
                                                 "make", "storage", "visit", "which"};

//   static Error other(std::string value) { return make<Error, Case::other>(std::move(value)); }
std::string named_constructor(const Site& site, const NamedType& type, const Case& one,
                              const std::string& name) {
  std::string parameter;
  std::string argument;
  if (one.payload) {
    parameter = site.types.value(*one.payload) + " value";
    argument = is_scalar(site.plan, {&site.scope, *one.payload}) ? "value" : "std::move(value)";
  }
  const std::string declaration = fmt::format("static {} {}({})", type.name, name, parameter);
  const std::string value = fmt::format("make<{}, Case::{}>({})", type.name, name, argument);
  return "  " + returning(2, declaration, value) + "\n";
}

}  // namespace

//   enum class ErrorCase : std::uint8_t { access_denied, other };
//   class Error : public capstan::Variant<ErrorCase, std::monostate, std::string> {
//    public:
//     static Error access_denied() { return make<Error, Case::access_denied>(); }
//     static Error other(std::string value) { ... }
//   };
//   constexpr auto describe(const Error*) { return variant("access-denied", "other"); }
std::string emit_variant(const Site& site, const NamedType& type) {
  const TypeDef& definition = site.definition(type);
  const auto& cases = std::get<Variant>(definition.shape).cases;
  std::vector<Label> labels;
  std::vector<std::string> arguments = {type.helper};
  for (const Case& one : cases) {
    labels.push_back({one.name, one.notes});
    arguments.push_back(site.types.optional_value(one.payload, "std::monostate"));
  }
  const std::vector<std::string> names = enumerators_of(labels, reserved_cases);
  const std::string base = "public capstan::Variant<";
  std::string head = fmt::format("class {} : {}", type.name, base);
  if (lines_needed(head.size(), arguments, "> {") >
      lines_needed(std::string_view("    : ").size() + base.size(), arguments, "> {"))
    head = fmt::format("class {}\n    : {}", type.name, base);
  std::string text = emit_enum_class(type.helper, labels, names) + "\n";
  text += comment(0, definition.notes);
  text += packed(0, head, arguments, "> {", Prefer::behind_bracket) + "\n public:\n";
  for (std::size_t i = 0; i < cases.size(); ++i)
    text += named_constructor(site, type, cases[i], names[i]);
  return text + "};\n" + emit_labels(type.name, "variant", labels) + "\n";
}

}  // namespace capstan::codegen::host
