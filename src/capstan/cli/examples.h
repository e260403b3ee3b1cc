// Examples of every command: one table, from which `--help`, the man pages and docs/command.md take
// them. The command-line tests run those that docs/command.md shows.
#pragma once

#include <capstan/cli/command.h>

#include <span>
#include <string>
#include <string_view>

namespace capstan::cli {

struct Example {
  std::string_view command;  // the subcommand it is of: "run", "bindgen host", "bundle check"
  std::string_view line;     // "capstan run hello.wasm"
  std::string_view what;     // what that does
};

// All examples, those of one command together.
[[nodiscard]] std::span<const Example> examples();

// The name of a subcommand without the program's: "bindgen host".
[[nodiscard]] std::string full_name(const CLI::App& command);

// Puts each command's examples below its help and whatever footer it has.
void add_examples(CLI::App& app);

}  // namespace capstan::cli
