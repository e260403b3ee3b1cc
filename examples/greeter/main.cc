// The smallest host: the README shows it, and the examples' tests run it.
// snippet: embedding
#include "plugin.h"

#include <iostream>

struct Names : wit::example::greeter::names::Host {
  std::string pick(std::uint32_t seed) override { return seed % 2 ? "Ada" : "Grace"; }
};

capstan::Result<std::string> greet(const char* path, std::uint32_t seed) {
  Names names;
  CAPSTAN_TRY(auto engine, capstan::Engine::create());
  CAPSTAN_TRY(auto component, engine.load_file(path));
  capstan::Linker linker(engine);
  CAPSTAN_TRY_VOID(add_to_linker(linker, names));
  CAPSTAN_TRY(auto prepared, linker.prepare(component));
  capstan::Store store;
  CAPSTAN_TRY(auto plugin, wit::example::greeter::Plugin::instantiate(store, prepared));
  return plugin.greet(seed);
}
// end snippet

int main(int argc, char** argv) {
  const auto greeting = greet(argc > 1 ? argv[1] : PLUGIN, 7);
  if (!greeting) {
    std::cerr << greeting.error().message() << '\n';
    return 1;
  }
  std::cout << *greeting << '\n';
}
