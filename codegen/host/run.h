// `capstan-bindgen host`: WIT to C++ host bindings.
#pragma once

#include "options.h"

namespace capstan::codegen {

// Returns the exit code of the program: 0, or 1 after it has said on stderr what went wrong.
int run_host(const HostOptions& options);

}  // namespace capstan::codegen
