// What the subcommands of `capstan` share: global options, and how a command ends.
//
// A subcommand is one file with a function define_<name>(CLI::App&, Session&), which declares its
// options and whose callback does the work through platform/ and sets the exit status. Commands
// are thin: they translate words into calls and results into text.
#pragma once

#include <capstan/base/result.h>
#include <capstan/platform/exit_status.h>

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace capstan::cli {

// One run of the program.
struct Session {
  bool quiet = false;              // errors only
  bool json_errors = false;        // errors as one JSON object a line
  std::string log_level = "warn";  // error, warn, info, debug
  int exit_status = 0;

  // Says on stderr what went wrong, in the form the user asked for, and sets the exit status. The
  // guest's frames and the context are shown with --log-level debug only.
  void fail(const Error& error);
  void fail(platform::ExitStatus status, std::string_view message);
  // A remark on stderr, unless --quiet.
  void note(std::string_view message) const;
  void warn(std::string_view message) const;
};

// Declares --quiet, --log-level and --json-errors; every subcommand takes them.
void add_session_options(CLI::App& command, Session& session);

// The whole command line: parses, runs one subcommand, gives the exit status.
int run(int argc, char** argv);
// The same command line as data, for help, completions and man pages.
void define_all(CLI::App& app, Session& session);

}  // namespace capstan::cli
