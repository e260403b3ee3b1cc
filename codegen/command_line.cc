#include "command_line.h"

#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include <fmt/core.h>

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
  const std::string name = flag.substr(0, flag.find(','));
  const auto assign = [&value, choices, name, words](const std::string& word) {
    const auto found = choices.find(word);
    if (found == choices.end()) {
      throw CLI::ValidationError(name, fmt::format("'{}' is not one of {}", word, words));
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

}  // namespace

CLI::App* define_host(CLI::App& app, const Subcommand& as, const Done& done) {
  CLI::App* command = app.add_subcommand(as.name, as.description);
  // Shared by the callbacks of this subcommand.
  const auto shared = std::make_shared<HostOptions>();
  HostOptions& options = *shared;
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
  const std::map<std::string, BytesChoice> bytes = {{"vector", BytesChoice::vector},
                                                    {"shared", BytesChoice::shared}};
  add_choice(command, "--bytes", options.bytes_choice, bytes,
             "what list<u8> is where it is owned: a vector, or capstan::Bytes");
  add_output(command, options.output_folder, "folder for the bindings");
  command->add_flag("--check", options.check, "write nothing; fail if a file would change");
  add_depfile(command, options.depfile);
  command->callback([shared, done] { done(run_host(*shared)); });
  return command;
}

CLI::App* define_guest(CLI::App& app, const Subcommand& as, capstan_toolchain_language language,
                       const Done& done) {
  CLI::App* command = app.add_subcommand(as.name, as.description);
  // Shared by the callbacks of this subcommand.
  const auto shared = std::make_shared<GuestOptions>();
  GuestOptions& options = *shared;
  options.bindings.language = language;
  add_paths(command, options.wit);
  add_world(command, options.world);
  const Languages languages = {{"c", CAPSTAN_TOOLCHAIN_LANGUAGE_C},
                               {"cpp", CAPSTAN_TOOLCHAIN_LANGUAGE_CPP}};
  add_choice(command, "--language", options.bindings.language, languages, "language of the guest");
  add_string_encoding(command, options.bindings.string_encoding);
  add_output(command, options.output_folder, "folder for the bindings");
  add_depfile(command, options.depfile);
  command->callback([shared, done] { done(run_guest(*shared)); });
  return command;
}

CLI::App* define_component(CLI::App& app, const Subcommand& as, const Done& done) {
  CLI::App* command = app.add_subcommand(as.name, as.description);
  // Shared by the callbacks of this subcommand.
  const auto shared = std::make_shared<ComponentOptions>();
  ComponentOptions& options = *shared;
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
  add_choice(command, "--adapt,--adapter", options.adapter, adapters,
             "how WASI preview 1 imports are translated");
  add_output(command, options.output_path, "the component to write");
  command->callback([shared, done] { done(run_component(*shared)); });
  return command;
}

CLI::App* define_dummy(CLI::App& app, const Subcommand& as, const Done& done) {
  CLI::App* command = app.add_subcommand(as.name, as.description);
  // Shared by the callbacks of this subcommand.
  const auto shared = std::make_shared<DummyOptions>();
  DummyOptions& options = *shared;
  add_paths(command, options.wit);
  add_world(command, options.world);
  add_output(command, options.output_path, "the component to write");
  command->callback([shared, done] { done(run_dummy(*shared)); });
  return command;
}

CLI::App* define_wit(CLI::App& app, const Subcommand& as, const Done& done) {
  CLI::App* command = app.add_subcommand(as.name, as.description);
  // Shared by the callbacks of this subcommand.
  const auto shared = std::make_shared<PrintOptions>();
  PrintOptions& options = *shared;
  add_paths(command, options.wit);
  command->add_flag("--json", options.json, "print the resolved form as JSON");
  command->callback([shared, done] { done(run_wit(*shared)); });
  return command;
}

CLI::App* define_wat(CLI::App& app, const Subcommand& as, const Done& done) {
  CLI::App* command = app.add_subcommand(as.name, as.description);
  // Shared by the callbacks of this subcommand.
  const auto shared = std::make_shared<WatOptions>();
  WatOptions& options = *shared;
  command->add_option("file", options.text_path, "a module or component as text")
      ->required()
      ->type_name("FILE");
  add_output(command, options.output_path, "the binary to write");
  command->callback([shared, done] { done(run_wat(*shared)); });
  return command;
}

CLI::App* define_validate(CLI::App& app, const Subcommand& as, const Done& done) {
  CLI::App* command = app.add_subcommand(as.name, as.description);
  // Shared by the callbacks of this subcommand.
  const auto shared = std::make_shared<std::string>();
  std::string& path = *shared;
  command->add_option("file", path, "the binary")->required()->type_name("FILE");
  command->callback([shared, done] { done(run_validate(*shared)); });
  return command;
}

}  // namespace capstan::codegen
