// `capstan componentize`: a core module to a component.
#include <capstan/cli/commands.h>
#include <capstan/cli/generators.h>

namespace capstan::cli {

void define_componentize(CLI::App& app, Session& session) {
  add_session_options(
      *codegen::define_component(app, {"componentize", "turn a core module into a component"},
                                 report_to(session)),
      session);
}

}  // namespace capstan::cli
