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

}  // namespace

Result<Wasm> wat_to_wasm(std::string_view name, std::span<const std::uint8_t> text) {
  capstan_toolchain_buffer wasm = {};
  CAPSTAN_TRY_VOID(check(capstan_toolchain_wat(to_c(name), to_c(text), &wasm)));
  return take(wasm);
}

Result<Wasm> componentize(std::span<const std::uint8_t> module) {
  const auto exports = module_exports(module);
  const bool command = std::ranges::find(exports, "_start") != exports.end();
  const capstan_toolchain_componentize_options options = {
      .module = to_c(module),
      .wit = nullptr,
      .world = 0,
      .string_encoding = CAPSTAN_TOOLCHAIN_STRING_UTF8,
      .adapter = command ? CAPSTAN_TOOLCHAIN_ADAPTER_COMMAND : CAPSTAN_TOOLCHAIN_ADAPTER_AUTO};
  capstan_toolchain_buffer component = {};
  CAPSTAN_TRY_VOID(check(capstan_toolchain_componentize(&options, &component)));
  return take(component);
}

Result<std::string> print_wit(std::string_view name, std::span<const std::uint8_t> component) {
  const capstan_toolchain_wit_source source = {.name = to_c(name), .contents = to_c(component)};
  capstan_toolchain_wit_options options = {};
  options.sources = &source;
  options.source_count = 1;
  capstan_toolchain_wit* parsed = nullptr;
  CAPSTAN_TRY_VOID(check(capstan_toolchain_parse_wit(&options, &parsed)));
  const std::unique_ptr<capstan_toolchain_wit, decltype(&capstan_toolchain_wit_delete)> wit(
      parsed, &capstan_toolchain_wit_delete);
  capstan_toolchain_buffer text = {};
  CAPSTAN_TRY_VOID(check(capstan_toolchain_print_wit(wit.get(), &text)));
  std::string printed(reinterpret_cast<const char*>(text.data), text.size);
  capstan_toolchain_buffer_delete(&text);
  return printed;
}

}  // namespace capstan::platform
