// Loads components given as text, and says of each what came of it:
//
//   load_components FILE.wat...       prints "FILE.wat: loaded" or "FILE.wat: <error>", one a line
//
// Only for tests: the corpus of wit-component is text, and the question is whether the engine takes
// every odd shape of component, or refuses it with a reason.
#include <capstan/host/engine.h>
#include <capstan/toolchain.h>

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::string message_of(capstan_toolchain_error* error) {
  const capstan_toolchain_text text = capstan_toolchain_error_message(error);
  std::string message(text.data, text.size);
  capstan_toolchain_error_delete(error);
  return message;
}

capstan::Result<std::vector<std::uint8_t>> to_binary(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return capstan::fail(capstan::ErrorCode::io, "cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  capstan_toolchain_buffer wasm{};
  if (auto* error = capstan_toolchain_wat(
          {path.data(), path.size()},
          {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, &wasm))
    return capstan::fail(capstan::ErrorCode::not_loadable, message_of(error));
  std::vector<std::uint8_t> bytes(wasm.data, wasm.data + wasm.size);
  capstan_toolchain_buffer_delete(&wasm);
  return bytes;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

capstan::Result<void> load(capstan::Engine& engine, const std::string& path) {
  CAPSTAN_TRY(const auto bytes, to_binary(path));
  CAPSTAN_TRY(const auto component, engine.load(bytes, path));
  // What it says of itself can be read, too.
  for (const auto& item : component.imports())
    if (item.kind == capstan::ComponentItem::Kind::function && item.signature.empty())
      return capstan::fail(capstan::ErrorCode::internal, "an import has no signature");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  auto engine = capstan::Engine::create({.cache = false});
  if (!engine) return 1;
  for (int i = 1; i < argc; ++i) {
    const auto loaded = load(*engine, argv[i]);
    fmt::print("{}: {}\n", argv[i], loaded ? "loaded" : first_line(loaded.error().message()));
    std::fflush(stdout);
  }
  return 0;
}
