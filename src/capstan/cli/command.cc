#include <capstan/cli/command.h>

#include <capstan/base/nearest.h>
#include <capstan/base/version.h>
#include <capstan/cli/commands.h>
#include <capstan/cli/examples.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iterator>
#include <string>
#include <vector>

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

namespace {

struct Definition {
  std::string_view name;
  void (*define)(CLI::App& app, Session& session);
};

// In the order of `capstan --help`.
constexpr Definition definitions[] = {
    {"run", define_run},
    {"component", define_component_run},
    {"inspect", define_inspect},
    {"new", define_new},
    {"build", define_build},
    {"componentize", define_componentize},
    {"compose", define_compose},
    {"compile", define_compile},
    {"bindgen", define_bindgen},
    {"bundle", define_bundle},
    {"vault", define_vault},
    {"doctor", define_doctor},
    {"completion", define_completion},
    {"man", define_man},
};

void define_program(CLI::App& app) {
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("capstan {}", version()));
}

// Null when `word` is no command.
const Definition* find_definition(std::string_view word) {
  const auto* found = std::ranges::find(definitions, word, &Definition::name);
  return found == std::end(definitions) ? nullptr : found;
}

// Only the command that the first word names, when it names one: declaring the options of all of
// them takes as long as running a small component.
void define_needed(CLI::App& app, Session& session, std::string_view first) {
  const Definition* named = find_definition(first);
  if (named == nullptr && first != "--version") return define_all(app, session);
  define_program(app);
  if (named != nullptr) named->define(app, session);
  add_examples(app);
}

// A first word that is neither a command nor an option.
std::string no_such_command(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Definition& definition : definitions) names.push_back(definition.name);
  const std::string_view near = base::nearest(word, names);
  if (near.empty())
    return fmt::format("there is no command '{}'; `capstan --help` lists them", word);
  return fmt::format("there is no command '{}', did you mean '{}'? `capstan --help` lists them",
                     word, near);
}

}  // namespace

void define_all(CLI::App& app, Session& session) {
  define_program(app);
  for (const Definition& definition : definitions) definition.define(app, session);
  add_examples(app);
}

int run(int argc, char** argv) {
  Session session;
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (!first.empty() && !first.starts_with('-') && find_definition(first) == nullptr) {
    session.fail(platform::ExitStatus::usage, no_such_command(first));
    return session.exit_status;
  }
  try {
    CLI::App app("Runs WebAssembly components, and makes them.", "capstan");
    define_needed(app, session, first);
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
