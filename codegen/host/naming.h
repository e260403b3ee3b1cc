// The second half of planning: names for everything in a Plan, and which functions return tasks.
#pragma once

#include "plan.h"

namespace capstan::codegen::host {

// Fails for options that fit nothing in the world.
[[nodiscard]] Outcome<void> name_everything(Plan& plan, const HostOptions& options);

}  // namespace capstan::codegen::host
