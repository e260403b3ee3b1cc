#include <capstan/cli/completion_script.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace capstan::cli {
namespace {

// Text between single quotes, inside of which _arguments gives [ ] and : a meaning.
std::string quoted_description(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result;
}

std::string action(const OptionOutline& option) {
  if (!option.choices.empty()) return fmt::format("({})", fmt::join(option.choices, " "));
  switch (option.kind) {
    case ValueKind::file:
      return "_files";
    case ValueKind::folder:
      return "_files -/";
    case ValueKind::none:
    case ValueKind::text:
      break;
  }
  return " ";
}

// '(-o --output)'{-o,--output}'[the file]:PATH:_files'
std::string option_spec(const OptionOutline& option) {
  std::string rest = fmt::format("[{}]", quoted_description(option.description));
  if (!option.value.empty()) {
    rest += fmt::format(":{}:{}", quoted_description(option.value), action(option));
  }
  const bool many = option.names.size() > 1;
  if (option.repeatable) {
    return many ? fmt::format("'*'{{{}}}'{}'", fmt::join(option.names, ","), rest)
                : fmt::format("'*{}{}'", option.names.front(), rest);
  }
  return many ? fmt::format("'({})'{{{}}}'{}'", fmt::join(option.names, " "),
                            fmt::join(option.names, ","), rest)
              : fmt::format("'{}{}'", option.names.front(), rest);
}

std::string argument_spec(const OptionOutline& argument) {
  return fmt::format("'{}:{}:{}'", argument.repeatable ? "*" : (argument.required ? "" : ":"),
                     quoted_description(argument.names.front()), action(argument));
}

std::string function_name(const CommandOutline& command) {
  std::string name = command.name.empty() ? "_capstan" : "_capstan_" + command.name;
  std::ranges::replace(name, ' ', '_');
  return name;
}

// One function a command: its options, and either its commands or its arguments.
std::string function_of(const CommandOutline& command) {
  std::string text = function_name(command) + "() {\n";
  const bool has_commands = !command.commands.empty();
  if (has_commands) text += "  local context state state_descr line\n  typeset -A opt_args\n";
  text += fmt::format("  _arguments{}", has_commands ? " -C" : "");
  for (const OptionOutline& option : command.options) {
    text += " \\\n    " + option_spec(option);
  }
  if (!has_commands) {
    for (const OptionOutline& argument : command.arguments) {
      text += " \\\n    " + argument_spec(argument);
    }
    return text + "\n}\n\n";
  }
  text += " \\\n    '1: :->command' \\\n    '*:: :->words'\n  case $state in\n    command)\n";
  text += "      local -a commands=(\n";
  std::string cases;
  for (const CommandOutline& below : command.commands) {
    const std::string name = below.name.substr(below.name.rfind(' ') + 1);
    text += fmt::format("        '{}:{}'\n", name, quoted_description(below.description));
    cases += fmt::format("        {}) {} ;;\n", name, function_name(below));
  }
  return text +
         "      )\n      _describe command commands ;;\n    words)\n      case $line[1] in\n" +
         cases + "      esac ;;\n  esac\n}\n\n";
}

}  // namespace

std::string zsh_completion(const CommandOutline& program) {
  std::string text =
      "#compdef capstan\n# zsh completion for capstan, written by `capstan completion zsh`.\n\n";
  for (const CommandOutline* command : all_commands(program)) text += function_of(*command);
  // The file may be found in $fpath, or sourced after compinit.
  return text +
         "if [[ $funcstack[1] == _capstan ]]; then\n  _capstan \"$@\"\nelse\n"
         "  compdef _capstan capstan\nfi\n";
}

}  // namespace capstan::cli
