#include "composition_report.h"

#include <nlohmann/json.hpp>

namespace capstan::codegen {

Outcome<CompositionReport> read_composition_report(std::string_view json) {
  const auto report = nlohmann::json::parse(json, nullptr, false);
  if (report.is_discarded()) {
    return std::unexpected("internal error: the report of the composition is no JSON");
  }
  CompositionReport result;
  for (const auto& entry : report.at("satisfied")) {
    result.satisfied.push_back(
        {entry.at("import"), entry.at("of"), entry.at("by"), entry.at("export")});
  }
  for (const auto& entry : report.at("left")) {
    result.left.push_back({entry.at("import"), entry.at("of"), entry.at("reason")});
  }
  for (const auto& entry : report.at("unused")) {
    result.unused.push_back({entry.at("provider"), entry.at("reason")});
  }
  return result;
}

}  // namespace capstan::codegen
