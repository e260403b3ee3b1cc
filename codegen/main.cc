// `capstan-bindgen`: parses the command line and calls the subcommand.
//
// Exit codes: 0 done, 1 the work failed, 2 the command line is wrong. Messages go to stderr.

#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "commands.h"
#include "host/options.h"
#include "host/run.h"

namespace capstan::codegen {

namespace {

using Languages = std::map<std::string, capstan_toolchain_language>;
using Encodings = std::map<std::string, capstan_toolchain_string_encoding>;
using Adapters = std::map<std::string, capstan_toolchain_adapter>;

// Says which words are allowed; CLI11's own transformer would list the numbers behind them too.
template <typename Value>
void add_choice(CLI::App* command, const std::string& flag, Value& value,
                const std::map<std::string, Value>& choices, const std::string& help) {
  std::string words;
  for (const auto& [word, ignored] : choices) {
    words += words.empty() ? word : "|" + word;
  }
  const auto assign = [&value, choices, flag, words](const std::string& word) {
    const auto found = choices.find(word);
    if (found == choices.end()) {
      throw CLI::ValidationError(flag, fmt::format("'{}' is not one of {}", word, words));
    }
    value = found->second;
  };
  command->add_option_function<std::string>(flag, assign, help)->type_name(words);
}

void add_features(CLI::App* command, WitInput& wit) {
  command->add_option("--features", wit.features, "WIT features to enable, separated by commas")
      ->delimiter(',')
      ->type_name("NAME,..");
  command->add_flag("--all-features", wit.all_features, "enable every WIT feature");
}

void add_paths(CLI::App* command, WitInput& wit) {
  command->add_option("path", wit.paths, "WIT folders or files, or a component .wasm")
      ->required()
      ->type_name("PATH");
  add_features(command, wit);
}

void add_world(CLI::App* command, std::string& world) {
  command->add_option("--world", world, "the world to use; needed when there is more than one")
      ->type_name("WORLD");
}

void add_output(CLI::App* command, std::string& path, const std::string& what) {
  command->add_option("-o,--output", path, what)->required()->type_name("PATH");
}

void add_depfile(CLI::App* command, std::string& path) {
  command->add_option("--depfile", path, "also write what was read, for Make or Ninja")
      ->type_name("FILE");
}

void add_string_encoding(CLI::App* command, capstan_toolchain_string_encoding& value) {
  const Encodings encodings = {{"utf8", CAPSTAN_TOOLCHAIN_STRING_UTF8},
                               {"utf16", CAPSTAN_TOOLCHAIN_STRING_UTF16}};
  add_choice(command, "--string-encoding", value, encodings, "how the guest stores strings");
}

void define_host(CLI::App& app, HostOptions& options, int& exit_code) {
  CLI::App* command = app.add_subcommand("host", "write C++ host bindings for a world");
  add_paths(command, options.wit);
  add_world(command, options.world);
  command->add_option("--namespace", options.cpp_namespace, "C++ namespace of the bindings")
      ->type_name("NAME");
  const auto choose_async = [&options](const std::vector<std::string>& words) {
    static const std::map<std::string, AsyncChoice> choices = {
        {"all", AsyncChoice::all}, {"none", AsyncChoice::none}, {"auto", AsyncChoice::automatic}};
    const auto found = choices.find(words.front());
    if (words.size() == 1 && found != choices.end()) {
      options.async_choice = found->second;
    } else {
      options.async_choice = AsyncChoice::listed;
      options.async_interfaces = words;
    }
  };
  command
      ->add_option_function<std::vector<std::string>>(
          "--async", choose_async, "which functions the host implements as Task<T>")
      ->delimiter(',')
      ->type_name("all|none|auto|INTERFACE,..");
  add_output(command, options.output_folder, "folder for the bindings");
  command->add_flag("--check", options.check, "write nothing; fail if a file would change");
  add_depfile(command, options.depfile);
  command->callback([&] { exit_code = run_host(options); });
}

void define_guest(CLI::App& app, GuestOptions& options, int& exit_code) {
  CLI::App* command = app.add_subcommand("guest", "write C or C++ guest bindings for a world");
  add_paths(command, options.wit);
  add_world(command, options.world);
  const Languages languages = {{"c", CAPSTAN_TOOLCHAIN_LANGUAGE_C},
                               {"cpp", CAPSTAN_TOOLCHAIN_LANGUAGE_CPP}};
  add_choice(command, "--language", options.bindings.language, languages, "language of the guest");
  add_string_encoding(command, options.bindings.string_encoding);
  add_output(command, options.output_folder, "folder for the bindings");
  add_depfile(command, options.depfile);
  command->callback([&] { exit_code = run_guest(options); });
}

void define_component(CLI::App& app, ComponentOptions& options, int& exit_code) {
  CLI::App* command = app.add_subcommand("component", "turn a core module into a component");
  command->add_option("module", options.module_path, "the core module, .wasm or .wat")
      ->required()
      ->type_name("MODULE");
  command
      ->add_option("--wit", options.wit.paths,
                   "WIT of the module, if its bindings did not embed it")
      ->type_name("PATH");
  add_features(command, options.wit);
  add_world(command, options.world);
  add_string_encoding(command, options.string_encoding);
  const Adapters adapters = {{"auto", CAPSTAN_TOOLCHAIN_ADAPTER_AUTO},
                             {"none", CAPSTAN_TOOLCHAIN_ADAPTER_NONE},
                             {"command", CAPSTAN_TOOLCHAIN_ADAPTER_COMMAND},
                             {"reactor", CAPSTAN_TOOLCHAIN_ADAPTER_REACTOR},
                             {"proxy", CAPSTAN_TOOLCHAIN_ADAPTER_PROXY}};
  add_choice(command, "--adapter", options.adapter, adapters,
             "how WASI preview 1 imports are translated");
  add_output(command, options.output_path, "the component to write");
  command->callback([&] { exit_code = run_component(options); });
}

void define_dummy(CLI::App& app, DummyOptions& options, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("dummy", "write a component of a world whose exports trap");
  add_paths(command, options.wit);
  add_world(command, options.world);
  add_output(command, options.output_path, "the component to write");
  command->callback([&] { exit_code = run_dummy(options); });
}

void define_wit(CLI::App& app, PrintOptions& options, int& exit_code) {
  CLI::App* command = app.add_subcommand("wit", "print the WIT of a package or component");
  add_paths(command, options.wit);
  command->add_flag("--json", options.json, "print the resolved form as JSON");
  command->callback([&] { exit_code = run_wit(options); });
}

void define_wat(CLI::App& app, WatOptions& options, int& exit_code) {
  CLI::App* command = app.add_subcommand("wat", "translate the wasm text format to binary");
  command->add_option("file", options.text_path, "a module or component as text")
      ->required()
      ->type_name("FILE");
  add_output(command, options.output_path, "the binary to write");
  command->callback([&] { exit_code = run_wat(options); });
}

void define_validate(CLI::App& app, std::string& path, int& exit_code) {
  CLI::App* command = app.add_subcommand("validate", "check a binary module or component");
  command->add_option("file", path, "the binary")->required()->type_name("FILE");
  command->callback([&] { exit_code = run_validate(path); });
}

int run(int argc, char** argv) {
  CLI::App app("Bindings and components from WIT.", "capstan-bindgen");
  app.require_subcommand(1);
  HostOptions host;
  GuestOptions guest;
  ComponentOptions component;
  DummyOptions dummy;
  PrintOptions print;
  WatOptions wat;
  std::string validate_path;
  int exit_code = 0;
  define_host(app, host, exit_code);
  define_guest(app, guest, exit_code);
  define_component(app, component, exit_code);
  define_dummy(app, dummy, exit_code);
  define_wit(app, print, exit_code);
  define_wat(app, wat, exit_code);
  define_validate(app, validate_path, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "capstan-bindgen: {}\nTry --help.\n", error.what());
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
    return capstan::codegen::fail(error.what());
  }
}
