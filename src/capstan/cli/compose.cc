// `capstan compose`: satisfies a component's imports with other components' exports.
#include <capstan/cli/commands.h>
#include <capstan/platform/source.h>

#include <codegen/composition_report.h>
#include <codegen/files.h>
#include <codegen/toolchain.h>
#include <fmt/format.h>

#include <memory>

namespace capstan::cli {
namespace {

struct Options {
  std::string app;
  std::vector<std::string> providers;
  std::string output;
};

Result<codegen::File> read(const std::string& path) {
  CAPSTAN_TRY(const auto source, platform::read_source(path));
  return codegen::File{path, {source.component.begin(), source.component.end()}};
}

using Report = codegen::CompositionReport;

void explain(const Report& made, const Session& session) {
  for (const Report::Satisfied& one : made.satisfied) {
    const std::string as = one.export_name == one.import_name
                               ? ""
                               : fmt::format(", which exports {}", one.export_name);
    session.note(fmt::format("{} of '{}' comes from '{}'{}", one.import_name, one.of, one.by, as));
  }
  for (const Report::Unused& one : made.unused) {
    session.warn(fmt::format("'{}' is not part of the result: {}", one.provider, one.reason));
  }
  // That WASI is left to the host is no news; other imports may have been forgotten.
  for (const Report::Left& one : made.left) {
    if (one.import_name.starts_with("wasi:")) continue;
    session.note(
        fmt::format("{} of '{}' is left to the host: {}", one.import_name, one.of, one.reason));
  }
}

void run_compose(const Options& options, Session& session) {
  const auto app = read(options.app);
  if (!app) return session.fail(app.error());
  std::vector<codegen::File> providers;
  for (const std::string& path : options.providers) {
    auto provider = read(path);
    if (!provider) return session.fail(provider.error());
    providers.push_back(*std::move(provider));
  }
  const auto made = codegen::compose(*app, providers);
  if (!made) return session.fail(platform::ExitStatus::failure, made.error());
  const auto report = codegen::read_composition_report(made->report_json);
  if (!report) return session.fail(platform::ExitStatus::failure, report.error());
  if (auto written = codegen::write_if_changed(options.output, made->component); !written) {
    return session.fail(platform::ExitStatus::failure, written.error());
  }
  explain(*report, session);
  session.note(
      fmt::format("wrote '{}', {} KiB", options.output, (made->component.size() + 1023) / 1024));
}

}  // namespace

void define_compose(CLI::App& app, Session& session) {
  CLI::App* command =
      app.add_subcommand("compose", "satisfy a component's imports with other components' exports");
  const auto options = std::make_shared<Options>();  // owned by the callback
  command->add_option("app", options->app, "the component whose imports are satisfied")
      ->required()
      ->type_name("SOURCE");
  command->add_option("provider", options->providers, "components that export what it imports")
      ->required()
      ->type_name("SOURCE");
  command->add_option("-o,--output", options->output, "the component to write")
      ->required()
      ->type_name("FILE");
  add_session_options(*command, session);
  command->callback([options, &session] { run_compose(*options, session); });
}

}  // namespace capstan::cli
