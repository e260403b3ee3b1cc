#include <fmt/format.h>

#include "commands.h"

namespace capstan::codegen {

int fail(std::string_view message) {
  fmt::print(stderr, "capstan-bindgen: {}\n", message);
  return 1;
}

}  // namespace capstan::codegen
