// `capstan bindgen`: what capstan-bindgen does, in the command that everybody has.
#include <capstan/cli/commands.h>
#include <capstan/cli/generators.h>

namespace capstan::cli {

void define_bindgen(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("bindgen", "write bindings for a WIT world");
  command->require_subcommand(1);
  const codegen::Done done = report_to(session);
  add_session_options(*codegen::define_host(*command,
                                            {"host",
                                             "write the C++ classes of a program that embeds "
                                             "Capstan, or of a bundle"},
                                            done),
                      session);
  add_session_options(
      *codegen::define_guest(*command, {"guest", "write the C++ or C bindings of a component"},
                             CAPSTAN_TOOLCHAIN_LANGUAGE_CPP, done),
      session);
}

}  // namespace capstan::cli
