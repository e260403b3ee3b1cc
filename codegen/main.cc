// `capstan-bindgen`: parses the command line and calls the subcommand.
//
// Exit codes: 0 done, 1 the work failed, 2 the command line is wrong. Messages go to stderr.

#include <exception>
#include <string_view>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "command_line.h"

namespace capstan::codegen {

namespace {

void complain(std::string_view message) { fmt::print(stderr, "capstan-bindgen: {}\n", message); }

int run(int argc, char** argv) {
  CLI::App app("Bindings and components from WIT.", "capstan-bindgen");
  app.require_subcommand(1);
  int exit_code = 0;
  const Done done = [&exit_code](const Outcome<void>& outcome) {
    if (outcome) return;
    complain(outcome.error());
    exit_code = 1;
  };
  define_host(app, {"host", "write C++ host bindings for a world"}, done);
  define_guest(app, {"guest", "write C or C++ guest bindings for a world"},
               CAPSTAN_TOOLCHAIN_LANGUAGE_C, done);
  define_component(app, {"component", "turn a core module into a component"}, done);
  define_dummy(app, {"dummy", "write a component of a world whose exports trap"}, done);
  define_wit(app, {"wit", "print the WIT of a package or component"}, done);
  define_wat(app, {"wat", "translate the wasm text format to binary"}, done);
  define_validate(app, {"validate", "check a binary module or component"}, done);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    complain(fmt::format("{}\nTry --help.", error.what()));
    return 2;
  }
  return exit_code;
}

}  // namespace
}  // namespace capstan::codegen

int main(int argc, char** argv) {
  try {
    return capstan::codegen::run(argc, argv);
  } catch (const std::exception& error) {
    capstan::codegen::complain(error.what());
    return 1;
  }
}
