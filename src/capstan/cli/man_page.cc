#include <capstan/cli/man_page.h>

#include <capstan/base/version.h>
#include <capstan/cli/examples.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

namespace capstan::cli {
namespace {

// Text without a meaning for roff.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n')) {
      result += "\\&";
      result += c;
    } else {
      result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", plain(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", plain(text)); }

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return result;
}

std::string sentence(std::string_view text) {
  std::string result(text);
  if (!result.empty()) result[0] = upper(result.substr(0, 1))[0];
  return result.ends_with('.') ? result : result + ".";
}

std::string synopsis(const CommandOutline& command) {
  std::string text = bold(command.name.empty() ? "capstan" : "capstan " + command.name);
  if (!command.options.empty()) text += " [" + italic("OPTION") + "]...";
  if (!command.commands.empty()) text += " " + italic("COMMAND");
  for (const OptionOutline& argument : command.arguments) {
    const std::string name = italic(upper(argument.names.front()));
    text += argument.required ? " " + name : fmt::format(" [{}]", name);
    if (argument.repeatable) text += "...";
  }
  return text;
}

// An option or argument, and what it means.
std::string entry(const OptionOutline& option, bool is_argument) {
  std::string title;
  for (const std::string& name : option.names) {
    title += title.empty() ? "" : ", ";
    title += is_argument ? italic(upper(name)) : bold(name);
  }
  if (!is_argument && !option.value.empty()) title += " " + italic(option.value);
  std::string text = fmt::format(".TP\n{}\n{}\n", title, plain(sentence(option.description)));
  const bool said = option.value.find('|') != std::string::npos ||
                    (!option.choices.empty() &&
                     option.description.find(option.choices.front()) != std::string::npos);
  if (!option.choices.empty() && !said) {
    text += fmt::format("One of {}.\n", plain(fmt::format("{}", fmt::join(option.choices, ", "))));
  }
  if (option.required && !is_argument) text += "Required.\n";
  if (option.repeatable && !is_argument) text += "May be given several times.\n";
  return text;
}

std::string section(std::string_view title, const std::vector<OptionOutline>& list,
                    bool is_argument) {
  if (list.empty()) return "";
  std::string text = fmt::format(".SH {}\n", title);
  for (const OptionOutline& option : list) text += entry(option, is_argument);
  return text;
}

std::string commands_section(const CommandOutline& command) {
  if (command.commands.empty()) return "";
  std::string text = ".SH COMMANDS\n";
  for (const CommandOutline& below : command.commands) {
    text +=
        fmt::format(".TP\n{}(1)\n{}\n", bold(page_name(below)), plain(sentence(below.description)));
  }
  return text;
}

std::string examples_section(const CommandOutline& command) {
  std::string text;
  for (const Example& example : examples()) {
    if (example.command != command.name) continue;
    text += fmt::format("{}.TP\n.B {}\n{}\n", text.empty() ? ".SH EXAMPLES\n" : "",
                        plain(example.line), plain(sentence(example.what)));
  }
  return text;
}

constexpr std::string_view run_status = R"(.SH EXIT STATUS
The status that the component exits with, or:
.TP
.B 0
Success.
.TP
.B 1
The component's \fBrun\fR returned an error.
.TP
.B 2
The command line or the configuration is wrong.
.TP
.B 3
The component cannot be loaded or linked.
.TP
.B 124
A limit was reached.
.TP
.B 134
The component trapped.
)";

constexpr std::string_view tool_status = R"(.SH EXIT STATUS
.TP
.B 0
Success.
.TP
.B 1
The work failed; what it says on standard error tells why.
.TP
.B 2
The command line, a file that it names, or the configuration is wrong.
.TP
.B 3
The component cannot be loaded or linked.
)";

constexpr std::string_view environment = R"(.SH ENVIRONMENT
.TP
.B WASI_SDK_PATH
A WASI SDK, used to compile guests instead of clang 19.
.TP
.B XDG_CACHE_HOME
Where the cache of compiled components is; \fI~/.cache\fR unless set.
.SH FILES
.TP
.I ~/.cache/capstan/components
Compiled components, found by content. May be removed at any time.
.TP
.I capstan.toml
Describes a project, see \fBcapstan\-build\fR(1).
)";

std::string see_also(const CommandOutline& command) {
  if (command.name.empty()) return "";
  const std::size_t space = command.name.rfind(' ');
  const std::string above = space == std::string::npos ? "" : "-" + command.name.substr(0, space);
  return fmt::format(".SH SEE ALSO\n{}(1)\n", bold("capstan" + above));
}

}  // namespace

std::string page_name(const CommandOutline& command) {
  std::string name = command.name.empty() ? "capstan" : "capstan-" + command.name;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string man_page(const CommandOutline& command) {
  const bool is_run = command.name == "run" || command.name.ends_with(" run");
  std::string text =
      fmt::format(".\\\" Written by `capstan man`.\n.TH {} 1 \"\" \"Capstan {}\" \"Capstan\"\n",
                  plain(upper(page_name(command))), version());
  text +=
      fmt::format(".SH NAME\n{} \\- {}\n", plain(page_name(command)), plain(command.description));
  text += fmt::format(".SH SYNOPSIS\n{}\n", synopsis(command));
  text += fmt::format(".SH DESCRIPTION\n{}\n", plain(sentence(command.description)));
  if (!command.notes.empty()) text += fmt::format(".PP\n{}\n", plain(command.notes));
  text += section("ARGUMENTS", command.arguments, true);
  text += commands_section(command);
  text += section("OPTIONS", command.options, false);
  text += is_run ? run_status : tool_status;
  if (command.name.empty()) text += environment;
  text += examples_section(command);
  return text + see_also(command);
}

}  // namespace capstan::cli
