// `capstan compile`: machine code of a component, made ahead of time.
#include <capstan/cli/commands.h>
#include <capstan/host/engine.h>
#include <capstan/platform/source.h>

#include <fmt/format.h>

#include <memory>

#include <codegen/files.h>

namespace capstan::cli {
namespace {

struct Options {
  std::string source;
  std::string output;
  bool interruptible = false;
  bool fuel = false;
};

Result<std::size_t> compile(const Options& options) {
  CAPSTAN_TRY(const auto source, platform::read_source(options.source));
  // The same as an engine of `capstan run` with or without those options.
  CAPSTAN_TRY(auto engine, Engine::create({.interruptible = options.interruptible,
                                           .fuel = options.fuel,
                                           .cache_directory = {}}));
  CAPSTAN_TRY(const auto component, engine.load(source.component, source.name));
  CAPSTAN_TRY(const auto artefact, component.precompile());
  const std::string_view bytes(reinterpret_cast<const char*>(artefact.data()), artefact.size());
  if (auto written = codegen::write_if_changed(options.output, bytes); !written) {
    return fail(ErrorCode::io, written.error());
  }
  return artefact.size();
}

void run_compile(const Options& options, Session& session) {
  const auto size = compile(options);
  if (!size) return session.fail(size.error());
  session.note(
      fmt::format("wrote '{0}', {1} KiB of native code for this machine; 'capstan run "
                  "--allow-precompiled {0}' runs it",
                  options.output, (*size + 1023) / 1024));
}

}  // namespace

void define_compile(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("compile", "compile a component ahead of time");
  const auto options = std::make_shared<Options>();  // owned by the callback
  command
      ->add_option("source", options->source,
                   "a component or a module, .wasm or .wat, or a "
                   "folder with capstan.toml")
      ->required()
      ->type_name("SOURCE");
  command->add_option("-o,--output", options->output, "the file to write, usually .cwasm")
      ->required()
      ->type_name("FILE");
  command->add_flag("--interruptible", options->interruptible, "for runs with --timeout");
  command->add_flag("--fuel", options->fuel, "for runs with --fuel");
  add_session_options(*command, session);
  command->callback([options, &session] { run_compile(*options, session); });
}

}  // namespace capstan::cli
