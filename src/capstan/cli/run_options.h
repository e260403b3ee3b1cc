// The options that `run` and `inspect` share: what a component would be granted.
#pragma once

#include <capstan/cli/command.h>
#include <capstan/platform/run.h>
#include <capstan/platform/settings.h>

#include <string>
#include <utility>
#include <vector>

namespace capstan::cli {

// Filled while the command line is parsed.
struct RunFlags {
  std::string source;
  // Values in the order they were given, each for an option of platform::run_options().
  std::vector<std::vector<std::string>> values;
  bool inherit_environment = false;
  bool inherit_network = false;
  bool allow_precompiled = false;
  bool no_cache = false;
  bool bundle_anywhere = false;
  std::vector<std::string> arguments;
};

// Declares SOURCE and all shared options; `flags` must outlive the parsing.
void add_run_options(CLI::App& command, RunFlags& flags);

// A source with everything that was said about it, ready to be loaded.
struct Loaded {
  platform::Source source;
  platform::Runner runner;
  Component component;
};
// Reads the source, merges its manifest with the flags, and compiles.
[[nodiscard]] Result<Loaded> load(const Session& session, const RunFlags& flags);

}  // namespace capstan::cli
