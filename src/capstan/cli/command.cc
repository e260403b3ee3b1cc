#include <capstan/cli/command.h>

#include <capstan/base/version.h>
#include <capstan/cli/commands.h>
#include <capstan/cli/examples.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>

namespace capstan::cli {
namespace {

void print_failure(const Session& session, int status, std::string_view code,
                   std::string_view message, std::string_view backtrace) {
  if (session.json_errors) {
    nlohmann::json line = {{"error", code}, {"message", message}, {"exit_status", status}};
    if (!backtrace.empty()) line["backtrace"] = backtrace;
    fmt::print(stderr, "{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  fmt::print(stderr, "capstan: {}\n", message);
  if (session.log_level == "debug" && !backtrace.empty()) fmt::print(stderr, "{}\n", backtrace);
}

}  // namespace

void Session::fail(const Error& error) {
  exit_status = platform::exit_status(error);
  if (error.code() == ErrorCode::exit) return;  // the guest has said what it wanted to say
  print_failure(*this, exit_status, name(error.code()), error.message(), error.backtrace());
}

void Session::fail(platform::ExitStatus status, std::string_view message) {
  exit_status = static_cast<int>(status);
  print_failure(*this, exit_status, status == platform::ExitStatus::usage ? "usage" : "failure",
                message, "");
}

void Session::note(std::string_view message) const {
  if (!quiet) fmt::print(stderr, "capstan: {}\n", message);
}

void Session::warn(std::string_view message) const {
  if (!quiet && log_level != "error") fmt::print(stderr, "capstan: warning: {}\n", message);
}

void add_session_options(CLI::App& command, Session& session) {
  command.add_flag("-q,--quiet", session.quiet, "say nothing but errors");
  command.add_option("--log-level", session.log_level, "error, warn, info or debug")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"error", "warn", "info", "debug"}));
  command.add_flag("--json-errors", session.json_errors, "errors as one JSON object a line");
}

void define_all(CLI::App& app, Session& session) {
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("capstan {}", version()));
  define_run(app, session);
  define_inspect(app, session);
  define_new(app, session);
  define_build(app, session);
  define_componentize(app, session);
  define_compose(app, session);
  define_compile(app, session);
  define_bindgen(app, session);
  define_bundle(app, session);
  define_doctor(app, session);
  define_completion(app, session);
  define_man(app, session);
  add_examples(app);
}

int run(int argc, char** argv) {
  Session session;
  try {
    CLI::App app("Runs WebAssembly components, and makes them.", "capstan");
    define_all(app, session);
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& help) {
      return app.exit(help);
    } catch (const CLI::ParseError& error) {
      session.fail(platform::ExitStatus::usage,
                   fmt::format("{}; `capstan --help` shows how it is used", error.what()));
    }
  } catch (const std::exception& error) {
    session.fail(Error(ErrorCode::internal, error.what()));
  }
  return session.exit_status;
}

}  // namespace capstan::cli
