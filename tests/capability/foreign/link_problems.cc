// Connects a component with WASI and all capabilities, and says what is missing: "linked", or the
// linker's message.
#include <capstan/host/linker.h>
#include <capstan/platform/capabilities.h>
#include <capstan/platform/settings.h>

#include <cstdio>

namespace {

capstan::Result<void> link(const char* path) {
  CAPSTAN_TRY(capstan::Engine engine, capstan::Engine::create({.cache = false}));
  CAPSTAN_TRY(const capstan::Component component, engine.load_file(path));
  capstan::Linker<> linker(engine);
  linker.add_wasi();
  capstan::platform::SharedBackends shared;
  CAPSTAN_TRY_VOID(capstan::platform::add_capabilities(linker, component, {}, shared));
  CAPSTAN_TRY([[maybe_unused]] const auto prepared, linker.prepare(component));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto linked = link(argv[1]);
  std::puts(linked ? "linked" : linked.error().message().c_str());
  return 0;
}
