#include <capstan/cli/examples.h>

#include <fmt/format.h>

#include <array>

namespace capstan::cli {
namespace {

constexpr auto table = std::to_array<Example>({
    {"run", "capstan run hello.wasm", "run a command, with nothing of this machine"},
    {"run", "capstan run --dir data::/data,rw --env MODE=test tool.wasm -- --verbose",
     "with a folder, a variable and an argument"},
    {"run", "capstan run --invoke 'add(1, 2)' math.wasm", "call one export"},
    {"run", "capstan run --timeout 2s --max-memory 64MiB untrusted.wasm", "with limits"},
    {"run", "capstan run --host-bundle ./my-store app.wasm", "with an interface of a host bundle"},
    {"inspect", "capstan inspect app.wasm", "what it needs, who serves that, and what it offers"},
    {"inspect", "capstan inspect --host-bundle ./keyvalue_host app.wasm",
     "the same when a bundle is given"},
    {"inspect", "capstan inspect --json app.wasm", "as JSON, for programs"},
    {"new", "capstan new component hello", "make the project of a command in the folder hello"},
    {"new", "capstan new http web --lang c", "a component in C that answers HTTP requests"},
    {"new", "capstan new adapter my-host", "a C++ program that embeds Capstan"},
    {"new", "capstan new bundle my-store", "a host bundle: an interface in a library of its own"},
    {"build", "capstan build", "build the project in this folder"},
    {"build", "capstan build hello", "build the project in the folder hello"},
    {"componentize", "capstan componentize tool.wasm -o tool.component.wasm",
     "turn a module that uses WASI preview 1 into a component"},
    {"componentize",
     "capstan componentize math.wasm --wit wit --world math --adapt none -o math.component.wasm",
     "the same for a module whose world is in wit/"},
    {"compose", "capstan compose app.wasm store.wasm -o whole.wasm",
     "satisfy the imports of app.wasm with the exports of store.wasm"},
    {"compile", "capstan compile hello.wasm -o hello.cwasm",
     "compile now; 'capstan run --allow-precompiled hello.cwasm' runs it"},
    {"bindgen host", "capstan bindgen host wit --world host -o generated",
     "write the C++ classes of a host"},
    {"bindgen guest", "capstan bindgen guest wit --world plugin -o generated",
     "write the C++ bindings of a component"},
    {"bindgen guest", "capstan bindgen guest wit --language c -o generated", "the same in C"},
    {"bundle check", "capstan bundle check bundles/keyvalue",
     "load a bundle and compare it with its WIT"},
    {"bundle list", "capstan bundle list bundles", "the bundles in the folder bundles"},
    {"vault set", "capstan vault set app.vault tokens mail --app shop --value-file mail.key",
     "store what the component 'shop' reads as 'mail' from its locker 'tokens'"},
    {"vault set", "printf %s \"$TOKEN\" | capstan vault set app.vault tokens web --app shop",
     "the same from standard input; without a pipe it is typed and not shown"},
    {"vault get", "capstan vault get app.vault tokens mail --app shop --show",
     "print a secret as it is"},
    {"vault list", "capstan vault list app.vault", "the lockers, and the ids in them"},
    {"vault delete", "capstan vault delete app.vault tokens mail --app shop", "remove a secret"},
    {"doctor", "capstan doctor", "say what works on this machine, and mend what does not"},
    {"completion bash",
     "capstan completion bash > ~/.local/share/bash-completion/completions/capstan",
     "complete command lines in bash, from the next shell on"},
    {"completion zsh", "capstan completion zsh > ~/.zfunc/_capstan",
     "the same in zsh, when ~/.zfunc is in $fpath"},
    {"completion fish", "capstan completion fish > ~/.config/fish/completions/capstan.fish",
     "the same in fish"},
    {"man", "capstan man build | man -l -", "read the manual page of a command"},
});

}  // namespace

std::span<const Example> examples() { return table; }

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (parent == nullptr) return "";
  const std::string before = full_name(*parent);
  return before.empty() ? command.get_name() : fmt::format("{} {}", before, command.get_name());
}

void add_examples(CLI::App& app) {
  const std::string name = full_name(app);
  std::string text = app.get_footer();
  const std::size_t before = text.size();
  for (const Example& example : examples()) {
    if (example.command != name) continue;
    if (text.size() == before) text += before == 0 ? "Examples:" : "\n\nExamples:";
    text += fmt::format("\n  {}\n      {}", example.line, example.what);
  }
  if (text.size() != before) app.footer(text);
  for (CLI::App* command : app.get_subcommands({})) add_examples(*command);
}

}  // namespace capstan::cli
