// WIT that host bindings do not have yet: stream<T>, future<T> and error-context.
#pragma once

#include <optional>
#include <string>

#include "plan.h"

namespace capstan::codegen::host {

// What is wrong, and where, if the world needs such a type: one message about the first use.
[[nodiscard]] std::optional<std::string> find_unsupported(const Plan& plan);

}  // namespace capstan::codegen::host
