// `capstan build`: compiles the project in a folder to a component.
#include <capstan/cli/commands.h>
#include <capstan/platform/build.h>

#include <fmt/format.h>
#include <unistd.h>

#include <memory>

namespace capstan::cli {
namespace {

using platform::BuildReport;

struct Options {
  std::string folder = ".";
};

void show_diagnostics(const std::string& text, const Session& session, bool failed) {
  if (text.empty() || (session.quiet && !failed)) return;
  fmt::print(stderr, "{}{}", text, text.ends_with('\n') ? "" : "\n");
}

void run_build(const Options& options, Session& session) {
  const auto project = platform::read_project(options.folder);
  if (!project) return session.fail(project.error());
  const auto compiler = platform::find_guest_compiler();
  if (!compiler) return session.fail(compiler.error());
  const auto report = platform::build_project(
      *project, *compiler,
      {.progress = [&session](std::string_view step) { session.note(step); },
       .color = ::isatty(STDERR_FILENO) == 1});
  if (!report) return session.fail(report.error());
  const bool failed = report->outcome == BuildReport::Outcome::failed;
  show_diagnostics(report->diagnostics, session, failed);
  if (failed) {
    return session.fail(
        platform::ExitStatus::failure,
        fmt::format("{}: {} failed, see above; if it is not the program's fault, 'capstan doctor' "
                    "looks at the compiler",
                    project->name, report->failed_step));
  }
  const std::string component = (project->folder / project->component).lexically_normal();
  session.note(report->outcome == BuildReport::Outcome::up_to_date
                   ? fmt::format("'{}' is up to date", component)
                   : fmt::format("'{}' is built, {} KiB, by {}", component,
                                 (report->component_bytes + 1023) / 1024, compiler->description));
}

}  // namespace

void define_build(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("build", "build the project in a folder");
  const auto options = std::make_shared<Options>();  // owned by the callback
  command
      ->add_option("folder", options->folder, "the folder with capstan.toml; this one unless said")
      ->type_name("DIR");
  add_session_options(*command, session);
  command->callback([options, &session] { run_build(*options, session); });
}

}  // namespace capstan::cli
