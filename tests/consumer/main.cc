// A program that embeds Capstan: `consumer COMPONENT`.
#include "consumer.h"

#include <capstan/base/version.h>

#include <iostream>

namespace {

class Counter final : public wit::consumer::test::counter::Host {
 public:
  std::uint32_t add(std::uint32_t amount) override { return count_ += amount; }

 private:
  std::uint32_t count_ = 0;
};

capstan::Result<std::uint32_t> run(const char* path) {
  Counter counter;
  CAPSTAN_TRY(auto engine, capstan::Engine::create({.cache = false}));
  CAPSTAN_TRY(auto component, engine.load_file(path));
  capstan::Linker linker(engine);
  CAPSTAN_TRY_VOID(wit::consumer::test::counter::add_to_linker(linker, counter));
  CAPSTAN_TRY(auto prepared, linker.prepare(component));
  capstan::Store store;
  CAPSTAN_TRY(auto consumer, wit::consumer::test::Consumer::instantiate(store, prepared));
  return consumer.run();
}

}  // namespace

int main(int argc, char** argv) {
  const auto result = run(argc > 1 ? argv[1] : "guest.wasm");
  if (!result) {
    std::cerr << result.error().message() << '\n';
    return 1;
  }
  std::cout << "capstan " << capstan::version() << ": the guest counted to " << *result << '\n';
}
