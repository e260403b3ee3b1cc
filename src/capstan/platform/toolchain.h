// What the platform needs of the component toolchain (engine/toolchain), as C++ values.
//
// The command loads that library when one of these is called first (see toolchain_lazy.cc): a plain
// component runs without it. Threads: any.
#pragma once

#include <capstan/base/result.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

using Wasm = std::vector<std::uint8_t>;

// The text format to binary. `name` is for messages.
[[nodiscard]] Result<Wasm> wat_to_wasm(std::string_view name, std::span<const std::uint8_t> text);

// A core module as a component. Modules with `_start` become commands; of the others, those that
// use WASI 0.1 get the reactor adapter.
[[nodiscard]] Result<Wasm> componentize(std::span<const std::uint8_t> module);

// The WIT of a component, as text.
[[nodiscard]] Result<std::string> print_wit(std::string_view name,
                                            std::span<const std::uint8_t> component);

// Who made a component, as JSON; the form is described at capstan_toolchain_producers_json.
[[nodiscard]] Result<std::string> producers_json(std::span<const std::uint8_t> component);

}  // namespace capstan::platform
