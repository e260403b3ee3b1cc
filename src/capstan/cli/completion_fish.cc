#include <capstan/cli/completion_script.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace capstan::cli {
namespace {

std::string literal(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

constexpr std::string_view head =
    R"(# fish completion for capstan, written by `capstan completion fish`.

# The subcommand on the command line: nothing, 'build', 'bindgen host'.
function __capstan_command
    set -l found
    for word in (commandline -opc)[2..]
        switch "$found $word"
)";

constexpr std::string_view middle = R"(        end
    end
    echo "$found"
end

# Nothing but what is said below: files only where they make sense.
complete -c capstan -f
)";

std::string condition(const CommandOutline& command) {
  return fmt::format("complete -c capstan -n {}",
                     literal(fmt::format("test (__capstan_command) = \"{}\"", command.name)));
}

// What follows an option or stands as an argument.
std::string action(const OptionOutline& option) {
  if (!option.choices.empty()) {
    return fmt::format(" -a {}", literal(fmt::format("{}", fmt::join(option.choices, " "))));
  }
  switch (option.kind) {
    case ValueKind::file:
      return " -F";
    case ValueKind::folder:
      return " -a '(__fish_complete_directories)'";
    case ValueKind::none:
    case ValueKind::text:
      break;
  }
  return "";
}

std::string lines_of(const CommandOutline& command) {
  std::string text;
  for (const CommandOutline& below : command.commands) {
    text += fmt::format("{} -a {} -d {}\n", condition(command),
                        below.name.substr(below.name.rfind(' ') + 1), literal(below.description));
  }
  for (const OptionOutline& option : command.options) {
    text += condition(command);
    for (const std::string& name : option.names) {
      text += name.starts_with("--") ? fmt::format(" -l {}", name.substr(2))
                                     : fmt::format(" -s {}", name.substr(1));
    }
    // -x: a value is needed, and files are none; -r: a value is needed.
    const bool files = option.choices.empty() && option.kind == ValueKind::file;
    text += fmt::format("{}{} -d {}\n", option.value.empty() ? "" : (files ? " -r" : " -x"),
                        action(option), literal(option.description));
  }
  if (!command.arguments.empty()) {
    const std::string what = action(command.arguments.front());
    if (!what.empty()) text += condition(command) + what + "\n";
  }
  return text;
}

}  // namespace

std::string fish_completion(const CommandOutline& program) {
  const auto commands = all_commands(program);
  std::string text(head);
  for (const CommandOutline* command : commands) {
    if (command->name.empty()) continue;
    const std::size_t space = command->name.rfind(' ');
    const bool nested = space != std::string::npos;
    text += fmt::format("            case '{} {}'\n                set found '{}'\n",
                        nested ? command->name.substr(0, space) : "",
                        command->name.substr(nested ? space + 1 : 0), command->name);
  }
  text += middle;
  for (const CommandOutline* command : commands) text += lines_of(*command);
  return text;
}

}  // namespace capstan::cli
