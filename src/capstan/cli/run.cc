// capstan run [options] SOURCE [-- args...]
#include <capstan/cli/commands.h>
#include <capstan/cli/run_options.h>
#include <capstan/platform/entry.h>
#include <capstan/platform/run.h>

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>

namespace capstan::cli {
namespace {

struct RunCommand {
  RunFlags flags;
  std::string invocation;
  bool invoke = false;
};

Result<platform::Entry> find_entry(const RunCommand& command, const Component& component) {
  return command.invoke
             ? platform::find_invoked(component.name(), component.exports(), command.invocation)
             : platform::find_entry(component.name(), component.exports());
}

Result<platform::RunOutcome> run_component(const RunCommand& command, const Session& session) {
  CAPSTAN_TRY(const Loaded loaded, load(session, command.flags));
  const Component& component = loaded.component;
  CAPSTAN_TRY(const bool events, loaded.runner.has_events(component));
  Result<platform::Entry> entry = find_entry(command, component);
  const std::string unused = loaded.runner.unused_events(component);
  if (!entry && !unused.empty() && !command.invoke)
    return fail(ErrorCode::invalid_argument, unused);
  for (const std::string& sentence : loaded.runner.bundles().unused_by(component))
    session.warn(sentence);
  if (!events) {
    CAPSTAN_TRY(const platform::Entry called, std::move(entry));
    if (!unused.empty()) session.warn(unused);
    return loaded.runner.run(component, called, loaded.source.name);
  }
  if (command.invoke && !entry) return std::unexpected(std::move(entry).error());
  // Only what is meant to run by itself does; anything else is for --invoke.
  std::optional<platform::Entry> beside;
  if (entry && (command.invoke || entry->name == "run")) beside = *std::move(entry);
  const auto ready = [&](std::string_view what) {
    if (!beside) session.note(fmt::format("'{}' handles {}", loaded.source.name, what));
  };
  return loaded.runner.serve(component, beside, loaded.source.name, ready);
}

void run(const RunCommand& command, Session& session) {
  const auto outcome = run_component(command, session);
  if (!outcome) return session.fail(outcome.error());
  if (!outcome->result.empty()) fmt::print("{}\n", outcome->result);
  // The guest has said why, if it wanted to.
  if (!outcome->succeeded) session.exit_status = static_cast<int>(platform::ExitStatus::failure);
}

void declare(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("run", "run a component");
  auto state = std::make_shared<RunCommand>();
  add_run_options(*command, state->flags);
  auto* invoke = command->add_option("--invoke", state->invocation,
                                     "call this export and print what it returns");
  invoke->type_name("'NAME(ARGS)'");
  command->add_option("ARGS", state->flags.arguments, "arguments of the component, after --");
  add_session_options(*command, session);
  command->footer(
      "Nothing of this machine is given to a component unless an option says so. The exit status "
      "is "
      "the component's own; 1 when its `run` fails, 2 for a wrong command line, 3 when it cannot "
      "be "
      "loaded or linked, 124 when a limit is reached, 134 when it traps.");
  command->callback([state, invoke, &session] {
    state->invoke = invoke->count() > 0;
    run(*state, session);
  });
}

}  // namespace

void define_run(CLI::App& app, Session& session) { declare(app, session); }

void define_component_run(CLI::App& app, Session& session) {
  auto* component = app.add_subcommand("component", "another spelling: capstan component run ...");
  component->require_subcommand(1)->group("");
  declare(*component, session);
}

}  // namespace capstan::cli
