#include <capstan/cli/completion_script.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace capstan::cli {
namespace {

constexpr std::string_view head =
    R"(# bash completion for capstan, written by `capstan completion bash`.

# Completes the word with those words, files or folders that begin like it.
_capstan_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_capstan_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}

_capstan() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= i
  # bash takes "--option=value" for three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -- ]]; then
      _capstan_files -f
      return
    fi
    case "$command ${COMP_WORDS[i]}" in
)";

constexpr std::string_view tail = R"(  esac
}
complete -F _capstan capstan
)";

// How a value is completed, as a line of the script.
std::string action(const OptionOutline& option) {
  if (!option.choices.empty()) {
    return fmt::format("_capstan_words '{}'", fmt::join(option.choices, " "));
  }
  switch (option.kind) {
    case ValueKind::file:
      return "_capstan_files -f";
    case ValueKind::folder:
      return "_capstan_files -d";
    case ValueKind::none:
    case ValueKind::text:
      break;
  }
  return ":";
}

// The value of an option: decided by the word before.
std::string value_cases(const CommandOutline& command) {
  std::string text;
  for (const OptionOutline& option : command.options) {
    if (option.value.empty()) continue;
    std::string patterns;
    for (const std::string& name : option.names) {
      patterns += fmt::format("{}'{}:{}'", patterns.empty() ? "" : " | ", command.name, name);
    }
    text += fmt::format("    {}) {}; return ;;\n", patterns, action(option));
  }
  return text;
}

// Everything else: an option, a subcommand, an argument.
std::string word_case(const CommandOutline& command) {
  std::vector<std::string> options;
  for (const OptionOutline& option : command.options) {
    options.insert(options.end(), option.names.begin(), option.names.end());
  }
  std::string argument = ":";
  if (!command.commands.empty()) {
    std::vector<std::string> names;
    for (const CommandOutline& below : command.commands) {
      names.push_back(below.name.substr(below.name.rfind(' ') + 1));
    }
    argument = fmt::format("_capstan_words '{}'", fmt::join(names, " "));
  } else if (!command.arguments.empty()) {
    argument = action(command.arguments.front());
  }
  return fmt::format(
      "    '{}')\n      if [[ $current == -* ]]; then _capstan_words '{}'; else {}; fi ;;\n",
      command.name, fmt::join(options, " "), argument);
}

}  // namespace

std::string bash_completion(const CommandOutline& program) {
  const auto commands = all_commands(program);
  std::string text(head);
  for (const CommandOutline* command : commands) {
    if (command->name.empty()) continue;
    const std::size_t space = command->name.rfind(' ');
    const bool nested = space != std::string::npos;
    text += fmt::format("      '{} {}') command='{}' ;;\n",
                        nested ? command->name.substr(0, space) : "",
                        command->name.substr(nested ? space + 1 : 0), command->name);
  }
  text += "    esac\n  done\n  COMPREPLY=()\n  case \"$command:$previous\" in\n";
  for (const CommandOutline* command : commands) text += value_cases(*command);
  text += "  esac\n  case \"$command\" in\n";
  for (const CommandOutline* command : commands) text += word_case(*command);
  return text + std::string(tail);
}

}  // namespace capstan::cli
