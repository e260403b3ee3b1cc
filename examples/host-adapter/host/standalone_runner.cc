// Sets up a host with the adapter, step by step. With a component as argument it also runs its
// tests:
//
//   standalone-runner [COMPONENT.wasm]
#include "keyvalue_store.h"
#include "test_runner.h"

#include <cstdio>

namespace {

namespace kv = wit::keyvalue::store::store;

struct HostState {
  adapter::KeyValueStore keyvalue;
};

capstan::Result<void> run_tests(capstan::Engine& engine, const capstan::Linker<HostState>& linker,
                                const char* path) {
  CAPSTAN_TRY(auto component, engine.load_file(path));
  CAPSTAN_TRY(auto prepared, linker.prepare(component));
  capstan::Store<HostState> store;
  CAPSTAN_TRY(auto runner, test_wit::test::component::TestRunner::instantiate(store, prepared));
  CAPSTAN_TRY(auto report, runner.test().run_tests());
  std::printf("\n%s", report.c_str());
  return {};
}

capstan::Result<void> run(const char* path) {
  std::puts("Wasmtime Host Adapter Example\n==============================\n");

  CAPSTAN_TRY(auto engine, capstan::Engine::create());
  std::puts("✓ Created engine with component model support");

  capstan::Linker<HostState> linker(engine);
  linker.add_wasi();
  std::puts("✓ Added WASI to linker");

  CAPSTAN_TRY_VOID(kv::add_to_linker(
      linker, [](HostState& state) -> adapter::KeyValueStore& { return state.keyvalue; }));
  std::puts("✓ Added key-value store adapter to linker");

  std::puts("\n📝 Host adapter successfully configured!");
  if (path != nullptr) return run_tests(engine, linker, path);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto ran = run(argc > 1 ? argv[1] : nullptr);
  if (ran) return 0;
  std::fprintf(stderr, "standalone-runner: %s\n", ran.error().message().c_str());
  return 1;
}
