// `capstan-bindgen component`, `dummy`, `wat` and `validate`: everything that writes or checks a
// wasm binary.

#include <optional>

#include <fmt/core.h>

#include "commands.h"
#include "files.h"

namespace capstan::codegen {
namespace {

int write_binary(const std::string& path, const Outcome<std::string>& wasm) {
  if (!wasm) {
    return fail(wasm.error());
  }
  const auto written = write_if_changed(path, *wasm);
  return written ? 0 : fail(written.error());
}

}  // namespace

int run_component(const ComponentOptions& options) {
  auto module = read_file(options.module_path);
  if (!module) {
    return fail(module.error());
  }
  auto binary = wat_to_wasm(options.module_path, *module);
  if (!binary) {
    return fail(binary.error());
  }
  Componentize request = {
      .module = *binary, .string_encoding = options.string_encoding, .adapter = options.adapter};
  std::optional<Wit> wit;
  if (!options.wit.paths.empty()) {
    auto parsed = Wit::parse(options.wit);
    if (!parsed) {
      return fail(parsed.error());
    }
    const auto world = parsed->select_world(options.world);
    if (!world) {
      return fail(world.error());
    }
    wit = std::move(*parsed);
    request.wit = &*wit;
    request.world = *world;
  }
  const auto component = componentize(request);
  if (!component) {
    return fail(fmt::format("{}: {}", options.module_path, component.error()));
  }
  return write_binary(options.output_path, component);
}

int run_dummy(const DummyOptions& options) {
  const auto wit = Wit::parse(options.wit);
  if (!wit) {
    return fail(wit.error());
  }
  const auto world = wit->select_world(options.world);
  if (!world) {
    return fail(world.error());
  }
  return write_binary(options.output_path, wit->dummy_component(*world));
}

int run_wat(const WatOptions& options) {
  const auto text = read_file(options.text_path);
  if (!text) {
    return fail(text.error());
  }
  return write_binary(options.output_path, wat_to_wasm(options.text_path, *text));
}

int run_validate(const std::string& path) {
  const auto wasm = read_file(path);
  if (!wasm) {
    return fail(wasm.error());
  }
  const auto valid = validate(*wasm);
  return valid ? 0 : fail(fmt::format("{}: {}", path, valid.error()));
}

}  // namespace capstan::codegen
