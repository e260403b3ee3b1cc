#include <fmt/format.h>

#include "emit.h"
#include "layout.h"
#include "names.h"

namespace capstan::codegen::host {

// `enum class Level : std::uint8_t { trace, debug };`, or one enumerator a line when they do not
// fit or have documentation.
std::string emit_enum_class(std::string_view name, const std::vector<Label>& labels,
                            const std::vector<std::string>& enumerators) {
  const std::string head =
      fmt::format("enum class {} : std::uint{}_t", name, labels.size() <= 256 ? 8 : 16);
  bool documented = false;
  for (const Label& label : labels) documented = documented || !comment(0, label.notes).empty();
  const std::string one_line = fmt::format("{} {{ {} }};", head, joined(enumerators));
  if (!documented && one_line.size() <= columns_max) return one_line;
  std::string text = head + " {\n";
  for (std::size_t i = 0; i < labels.size(); ++i)
    text += fmt::format("{}  {},\n", comment(2, labels[i].notes), enumerators[i]);
  return text + "};";
}

// `constexpr auto describe(const Level*) { return capstan::abi::enumeration("trace", "debug"); }`
std::string emit_labels(std::string_view name, std::string_view kind,
                        const std::vector<Label>& labels) {
  std::vector<std::string> texts;
  for (const Label& label : labels) texts.push_back(quoted(label.name));
  const std::string declaration = fmt::format("constexpr auto describe(const {}*)", name);
  const std::string flat = fmt::format("capstan::abi::{}({})", kind, joined(texts));
  const std::string one_line = returning(0, declaration, flat);
  if (one_line.find('\n') == std::string::npos) return one_line;
  return fmt::format("{} {{\n  {}\n}}", declaration,
                     packed(2, fmt::format("return capstan::abi::{}(", kind), texts, ");"));
}

std::vector<std::string> enumerators_of(const std::vector<Label>& labels,
                                        const std::vector<std::string>& reserved) {
  NameSet names(reserved);
  std::vector<std::string> enumerators;
  for (const Label& label : labels) enumerators.push_back(names.claim(identifier(label.name)));
  return enumerators;
}

//   enum class Level : std::uint8_t { trace, debug };
//   constexpr auto describe(const Level*) { return capstan::abi::enumeration("trace", "debug"); }
std::string emit_enum(const Site& site, const NamedType& type) {
  const TypeDef& definition = site.definition(type);
  const auto& labels = std::get<Enum>(definition.shape).labels;
  return fmt::format("{}{}\n{}\n", comment(0, definition.notes),
                     emit_enum_class(type.name, labels, enumerators_of(labels, {})),
                     emit_labels(type.name, "enumeration", labels));
}

}  // namespace capstan::codegen::host
