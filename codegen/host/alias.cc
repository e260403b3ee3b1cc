#include <fmt/format.h>

#include "emit.h"
#include "layout.h"

namespace capstan::codegen::host {

//   using Names = std::vector<std::string>;
//   using wit::wasi::io::error::Error;             // the same name elsewhere
std::string emit_alias(const Site& site, const NamedType& type) {
  const TypeDef& definition = site.definition(type);
  std::string target;
  if (type.same_as != nullptr) {
    target = site.types.qualified(*type.same_as, site.plan.named(*type.same_as, type.id).name);
  } else {
    target = site.types.meaning(type.id);
  }
  const std::string notes = type.same_as == nullptr ? comment(0, definition.notes) : "";
  if (target.ends_with("::" + type.name) && target.find('<') == std::string::npos)
    return fmt::format("{}using {};\n", notes, target);
  const std::string one_line = fmt::format("using {} = {};", type.name, target);
  if (one_line.size() <= columns_max) return fmt::format("{}{}\n", notes, one_line);
  return fmt::format("{}using {} =\n    {};\n", notes, type.name, target);
}

}  // namespace capstan::codegen::host
