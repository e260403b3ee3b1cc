// `capstan-bindgen component`, `dummy`, `wat` and `validate`: everything that writes or checks a
// wasm binary.

#include <optional>

#include <fmt/core.h>

#include "commands.h"
#include "files.h"

namespace capstan::codegen {
namespace {

Outcome<void> write_binary(const std::string& path, const Outcome<std::string>& wasm) {
  if (!wasm) {
    return std::unexpected(wasm.error());
  }
  return write_if_changed(path, *wasm);
}

}  // namespace

Outcome<void> run_component(const ComponentOptions& options) {
  auto module = read_file(options.module_path);
  if (!module) {
    return std::unexpected(module.error());
  }
  auto binary = wat_to_wasm(options.module_path, *module);
  if (!binary) {
    return std::unexpected(binary.error());
  }
  Componentize request = {
      .module = *binary, .string_encoding = options.string_encoding, .adapter = options.adapter};
  std::optional<Wit> wit;
  if (!options.wit.paths.empty()) {
    auto parsed = Wit::parse(options.wit);
    if (!parsed) {
      return std::unexpected(parsed.error());
    }
    const auto world = parsed->select_world(options.world);
    if (!world) {
      return std::unexpected(world.error());
    }
    wit = std::move(*parsed);
    request.wit = &*wit;
    request.world = *world;
  }
  const auto component = componentize(request);
  if (!component) {
    return std::unexpected(fmt::format("{}: {}", options.module_path, component.error()));
  }
  return write_binary(options.output_path, component);
}

Outcome<void> run_dummy(const DummyOptions& options) {
  const auto wit = Wit::parse(options.wit);
  if (!wit) {
    return std::unexpected(wit.error());
  }
  const auto world = wit->select_world(options.world);
  if (!world) {
    return std::unexpected(world.error());
  }
  return write_binary(options.output_path, wit->dummy_component(*world));
}

Outcome<void> run_wat(const WatOptions& options) {
  const auto text = read_file(options.text_path);
  if (!text) {
    return std::unexpected(text.error());
  }
  return write_binary(options.output_path, wat_to_wasm(options.text_path, *text));
}

Outcome<void> run_validate(const std::string& path) {
  const auto wasm = read_file(path);
  if (!wasm) {
    return std::unexpected(wasm.error());
  }
  const auto valid = validate(*wasm);
  if (!valid) {
    return std::unexpected(fmt::format("{}: {}", path, valid.error()));
  }
  return {};
}

}  // namespace capstan::codegen
