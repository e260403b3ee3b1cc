#include <capstan/platform/toolchain.h>

#include <capstan/platform/wasm_file.h>
#include <capstan/toolchain.h>

#include <algorithm>
#include <memory>

namespace capstan::platform {
namespace {

capstan_toolchain_text to_c(std::string_view text) { return {text.data(), text.size()}; }
capstan_toolchain_bytes to_c(std::span<const std::uint8_t> bytes) {
  return {bytes.data(), bytes.size()};
}

// Takes ownership of a failed call's error.
Result<void> check(capstan_toolchain_error* error) {
  if (error == nullptr) return {};
  const capstan_toolchain_text message = capstan_toolchain_error_message(error);
  std::string kept(message.data, message.size);
  capstan_toolchain_error_delete(error);
  return fail(ErrorCode::not_loadable, std::move(kept));
}

Wasm take(capstan_toolchain_buffer buffer) {
  Wasm bytes(buffer.data, buffer.data + buffer.size);
  capstan_toolchain_buffer_delete(&buffer);
  return bytes;
}

std::string take_text(capstan_toolchain_buffer buffer) {
  std::string text(reinterpret_cast<const char*>(buffer.data), buffer.size);
  capstan_toolchain_buffer_delete(&buffer);
  return text;
}

}  // namespace

Result<Wasm> wat_to_wasm(std::string_view name, std::span<const std::uint8_t> text) {
  capstan_toolchain_buffer wasm = {};
  CAPSTAN_TRY_VOID(check(capstan_toolchain_wat(to_c(name), to_c(text), &wasm)));
  return take(wasm);
}

namespace {

using WitPtr = std::unique_ptr<capstan_toolchain_wit, decltype(&capstan_toolchain_wit_delete)>;

Result<WitPtr> parse_wit(std::span<const capstan_toolchain_wit_source> sources) {
  capstan_toolchain_wit_options options = {};
  options.sources = sources.data();
  options.source_count = sources.size();
  capstan_toolchain_wit* parsed = nullptr;
  CAPSTAN_TRY_VOID(check(capstan_toolchain_parse_wit(&options, &parsed)));
  return WitPtr(parsed, &capstan_toolchain_wit_delete);
}

capstan_toolchain_wit_source source_of(std::string_view name, std::string_view text) {
  return {.name = to_c(name),
          .contents = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
}

// The adapter passes on whether a command exits with 0, but not the number: these call WASI's
// function that takes the number instead.
constexpr std::string_view exit_interface = "wasi:cli/exit@0.2.12";
constexpr std::string_view exit_wit =
    "package wasi:cli@0.2.12;\n"
    "interface exit { exit: func(status: result); exit-with-code: func(status-code: u8); }\n";
constexpr std::string_view exit_world_wit =
    "package capstan:command;\nworld command { import wasi:cli/exit@0.2.12; }\n";

Result<Wasm> componentize_with(const capstan_toolchain_componentize_options& options) {
  capstan_toolchain_buffer component = {};
  CAPSTAN_TRY_VOID(check(capstan_toolchain_componentize(&options, &component)));
  return take(component);
}

Result<Wasm> componentize_command(std::span<const std::uint8_t> module) {
  capstan_toolchain_componentize_options options = {};
  options.adapter = CAPSTAN_TOOLCHAIN_ADAPTER_COMMAND;
  options.module = to_c(module);
  const Wasm renamed = rename_import(module, {"wasi_snapshot_preview1", "proc_exit"},
                                     {exit_interface, "exit-with-code"});
  if (renamed.empty()) return componentize_with(options);

  const capstan_toolchain_wit_source sources[] = {source_of("command.wit", exit_world_wit),
                                                  source_of("exit.wit", exit_wit)};
  CAPSTAN_TRY(const WitPtr wit, parse_wit(sources));
  CAPSTAN_TRY_VOID(check(
      capstan_toolchain_select_world(wit.get(), to_c("capstan:command/command"), &options.world)));
  options.module = to_c(std::span<const std::uint8_t>(renamed));
  options.wit = wit.get();
  return componentize_with(options);
}

}  // namespace

Result<Wasm> componentize(std::span<const std::uint8_t> module) {
  const auto exports = module_exports(module);
  if (std::ranges::find(exports, "_start") != exports.end()) return componentize_command(module);
  capstan_toolchain_componentize_options options = {};
  options.module = to_c(module);
  options.adapter = CAPSTAN_TOOLCHAIN_ADAPTER_AUTO;
  return componentize_with(options);
}

Result<std::string> print_wit(std::string_view name, std::span<const std::uint8_t> component) {
  const capstan_toolchain_wit_source source = {.name = to_c(name), .contents = to_c(component)};
  CAPSTAN_TRY(const WitPtr wit, parse_wit({&source, 1}));
  capstan_toolchain_buffer text = {};
  CAPSTAN_TRY_VOID(check(capstan_toolchain_print_wit(wit.get(), &text)));
  return take_text(text);
}

Result<std::string> producers_json(std::span<const std::uint8_t> component) {
  capstan_toolchain_buffer json = {};
  CAPSTAN_TRY_VOID(check(capstan_toolchain_producers_json(to_c(component), &json)));
  return take_text(json);
}

}  // namespace capstan::platform
