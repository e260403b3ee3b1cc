// `capstan completion`: prints a script that makes a shell complete command lines.
#include <capstan/cli/commands.h>
#include <capstan/cli/completion_script.h>

#include <fmt/format.h>

namespace capstan::cli {
namespace {

struct Shell {
  const char* name;
  std::string (*script)(const CommandOutline& program);
};

constexpr Shell shells[] = {
    {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};

}  // namespace

void define_completion(CLI::App& app, Session& session) {
  CLI::App* command =
      app.add_subcommand("completion", "print a script that completes command lines in a shell");
  command->require_subcommand(1);
  for (const Shell& shell : shells) {
    CLI::App* one =
        command->add_subcommand(shell.name, fmt::format("print the script for {}", shell.name));
    add_session_options(*one, session);
    one->callback([&shell] { fmt::print("{}", shell.script(program_outline())); });
  }
}

}  // namespace capstan::cli
