// The commands that capstan-bindgen has too: their options are declared in codegen/command_line.h.
#pragma once

#include <capstan/cli/command.h>

#include <codegen/command_line.h>

namespace capstan::cli {

// Says what went wrong, if anything did.
[[nodiscard]] inline codegen::Done report_to(Session& session) {
  return [&session](const codegen::Outcome<void>& outcome) {
    if (!outcome) session.fail(platform::ExitStatus::failure, outcome.error());
  };
}

}  // namespace capstan::cli
