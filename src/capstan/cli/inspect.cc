// capstan inspect [options] SOURCE [--wit|--json]
#include <capstan/cli/commands.h>
#include <capstan/cli/run_options.h>
#include <capstan/platform/inspect.h>

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace capstan::cli {
namespace {

struct InspectCommand {
  RunFlags flags;
  bool wit = false;
  bool json = false;
};

Result<std::string> describe(const InspectCommand& command, const Session& session) {
  CAPSTAN_TRY(const Loaded loaded, load(session, command.flags));
  if (command.wit) {
    if (loaded.source.component.empty())
      return fail(
          ErrorCode::invalid_argument,
          "a precompiled artefact has no WIT any more: inspect the component it was made of");
    return platform::print_wit(loaded.source.name, loaded.source.component);
  }
  CAPSTAN_TRY(const platform::Inspection inspection,
              platform::inspect(loaded.runner, loaded.source, loaded.component));
  return command.json ? platform::to_json(inspection) + "\n" : platform::to_text(inspection);
}

}  // namespace

void define_inspect(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("inspect", "show what a component needs and offers");
  auto state = std::make_shared<InspectCommand>();
  add_run_options(*command, state->flags);
  auto* wit = command->add_flag("--wit", state->wit, "print the component's world as WIT");
  command->add_flag("--json", state->json, "print JSON")->excludes(wit);
  add_session_options(*command, session);
  command->footer(
      "Takes the options of `capstan run` and says what each import would be served by.");
  command->callback([state, &session] {
    const auto text = describe(*state, session);
    if (!text) return session.fail(text.error());
    fmt::print("{}", *text);
  });
}

}  // namespace capstan::cli
