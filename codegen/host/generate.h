// WIT model to files, in memory.
#pragma once

#include <vector>

#include "../model.h"
#include "../toolchain.h"
#include "options.h"

namespace capstan::codegen {

// The header and the source file of a world's host bindings: "<world>.h" and "<world>.cc".
[[nodiscard]] Outcome<std::vector<File>> generate_host(const Model& model, std::size_t world,
                                                       const HostOptions& options);

}  // namespace capstan::codegen
