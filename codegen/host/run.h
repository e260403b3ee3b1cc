// `capstan-bindgen host`: WIT to C++ host bindings.
#pragma once

#include "options.h"

namespace capstan::codegen {

[[nodiscard]] Outcome<void> run_host(const HostOptions& options);

}  // namespace capstan::codegen
