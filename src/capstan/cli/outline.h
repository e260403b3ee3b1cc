// The command line as plain data, read from the tree that parses it: what completions and manual
// pages are made from, so that they cannot say anything else than `--help`.
#pragma once

#include <capstan/cli/command.h>

#include <cstdint>
#include <string>
#include <vector>

namespace capstan::cli {

// What a value may be, for completion.
enum class ValueKind : std::uint8_t { none, text, file, folder };

// An option, or an argument without a name.
struct OptionOutline {
  std::vector<std::string> names;    // "-o", "--output"; for an argument its one name
  std::string value;                 // "PATH"; empty for a flag
  std::vector<std::string> choices;  // when the value is one of a few words
  ValueKind kind = ValueKind::none;
  std::string description;
  bool required = false;
  bool repeatable = false;
};

struct CommandOutline {
  std::string name;  // with the names above it: "bindgen host"; empty for the program
  std::string description;
  std::string notes;  // what else the help says, before the examples
  std::vector<OptionOutline> options;
  std::vector<OptionOutline> arguments;
  std::vector<CommandOutline> commands;
};

[[nodiscard]] CommandOutline outline_of(const CLI::App& app);

// The outline of the whole program.
[[nodiscard]] CommandOutline program_outline();

// A command and all below it, each before its own commands.
[[nodiscard]] std::vector<const CommandOutline*> all_commands(const CommandOutline& top);

}  // namespace capstan::cli
