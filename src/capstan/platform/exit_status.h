// How a run ends, as the exit status of the command.
#pragma once

#include <capstan/base/result.h>

namespace capstan::platform {

// What is no guest's own code. The values are those that shells and `timeout` use.
enum class ExitStatus : int {
  success = 0,
  failure = 1,       // the guest's `run` returned an error
  usage = 2,         // wrong command line or configuration
  not_runnable = 3,  // cannot be loaded or linked
  limit_reached = 124,
  trapped = 134,
};

// The guest's own code for ErrorCode::exit; else what kind of failure it was.
[[nodiscard]] int exit_status(const Error& error);

}  // namespace capstan::platform
