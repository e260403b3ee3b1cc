// Arbitrary bytes as a component: loading ends with a component or with an error, and what it says
// of itself can be read.
#include <capstan/host/engine.h>

#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static capstan::Engine engine = [] {
    capstan::EngineOptions options;
    options.cache = false;
    options.parallel_compile = false;
    return capstan::Engine::create(options).value();
  }();
  const auto component = engine.load(std::span(data, size), "fuzz");
  if (!component) {
    if (component.error().message().empty()) std::abort();
    return 0;
  }
  for (const auto& item : component->imports())
    if (item.kind == capstan::ComponentItem::Kind::function && item.signature.empty()) std::abort();
  return 0;
}
