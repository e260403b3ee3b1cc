// Manual pages, as roff source: one for the program and one for each command.
#pragma once

#include <capstan/cli/outline.h>

#include <string>

namespace capstan::cli {

// "capstan-bindgen-host".
[[nodiscard]] std::string page_name(const CommandOutline& command);
[[nodiscard]] std::string man_page(const CommandOutline& command);

}  // namespace capstan::cli
