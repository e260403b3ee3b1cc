// `capstan man`: prints the manual page of a command, or writes all of them.
#include <capstan/cli/commands.h>
#include <capstan/cli/man_page.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include <codegen/files.h>

namespace capstan::cli {
namespace {

struct Options {
  std::vector<std::string> words;  // "bindgen", "host"
  std::string folder;
};

void write_pages(const std::string& folder, const CommandOutline& program, Session& session) {
  std::vector<codegen::File> files;
  for (const CommandOutline* command : all_commands(program)) {
    files.push_back({page_name(*command) + ".1", man_page(*command)});
  }
  if (const auto written = codegen::write_files(folder, files); !written) {
    session.fail(platform::ExitStatus::failure, written.error());
  }
}

void run_man(const Options& options, Session& session) {
  const CommandOutline program = program_outline();
  if (!options.folder.empty()) return write_pages(options.folder, program, session);
  const std::string name = fmt::format("{}", fmt::join(options.words, " "));
  for (const CommandOutline* command : all_commands(program)) {
    if (command->name != name) continue;
    fmt::print("{}", man_page(*command));
    return;
  }
  session.fail(platform::ExitStatus::usage,
               fmt::format("there is no command '{}'; `capstan --help` lists them", name));
}

}  // namespace

void define_man(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("man", "print the manual page of a command, as roff");
  const auto options = std::make_shared<Options>();  // owned by the callback
  command->add_option("command", options->words, "the command; the program itself unless said")
      ->type_name("COMMAND");
  command->add_option("--directory", options->folder, "write all pages into this folder instead")
      ->type_name("DIR");
  add_session_options(*command, session);
  command->callback([options, &session] { run_man(*options, session); });
}

}  // namespace capstan::cli
