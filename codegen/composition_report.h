// What a composition says of itself, as values; capstan/toolchain.h describes the JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "toolchain.h"

namespace capstan::codegen {

struct CompositionReport {
  struct Satisfied {
    std::string import_name;
    std::string of;           // the component that imports it
    std::string by;           // the provider
    std::string export_name;  // what the provider calls it: another version of it, perhaps
  };
  struct Left {
    std::string import_name;
    std::string of;
    std::string reason;
  };
  struct Unused {
    std::string provider;
    std::string reason;
  };
  std::vector<Satisfied> satisfied;  // never empty
  std::vector<Left> left;            // imports of the result
  std::vector<Unused> unused;
};

[[nodiscard]] Outcome<CompositionReport> read_composition_report(std::string_view json);

}  // namespace capstan::codegen
