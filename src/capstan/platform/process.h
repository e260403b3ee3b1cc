// Running another program, such as a compiler, and keeping what it says.
//
// Threads: any; each call stands for itself.
#pragma once

#include <capstan/base/result.h>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

// Words of a command line; the first is the program, an absolute path or a name in PATH.
using CommandLine = std::vector<std::string>;

struct ProcessResult {
  int exit_status = 0;  // 128 and the signal's number when a signal ended it
  std::string output;   // stdout and stderr, in the order they were written; at most 16 MiB
};

// Runs the program in that folder to its end, without input. An error only when it could not be
// started.
[[nodiscard]] Result<ProcessResult> run_process(const CommandLine& command,
                                                const std::filesystem::path& folder = ".");

// Runs all of them, as many at once as the machine has cores; results in the same order.
[[nodiscard]] std::vector<Result<ProcessResult>> run_processes(
    std::span<const CommandLine> commands, const std::filesystem::path& folder = ".");

// The program of that name in PATH.
[[nodiscard]] std::optional<std::filesystem::path> find_program(std::string_view name);

// The command line as a shell would take it, for messages and for comparing.
[[nodiscard]] std::string quoted(const CommandLine& command);

}  // namespace capstan::platform
