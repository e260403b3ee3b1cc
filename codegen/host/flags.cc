#include <fmt/format.h>

#include "emit.h"
#include "layout.h"

namespace capstan::codegen::host {

//   enum class PermissionsFlag : std::uint8_t { read, write };
//   constexpr auto describe(const PermissionsFlag*) { return enumeration("read", "write"); }
//   using Permissions = capstan::Flags<PermissionsFlag>;
std::string emit_flags(const Site& site, const NamedType& type) {
  const TypeDef& definition = site.definition(type);
  const auto& labels = std::get<Flags>(definition.shape).labels;
  return fmt::format("{}{}\n{}\nusing {} = capstan::Flags<{}>;\n", comment(0, definition.notes),
                     emit_enum_class(type.helper, labels, enumerators_of(labels, {})),
                     emit_labels(type.helper, "enumeration", labels), type.name, type.helper);
}

}  // namespace capstan::codegen::host
