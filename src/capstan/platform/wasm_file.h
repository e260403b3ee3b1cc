// What a file is, by its first bytes and the outline of its sections: pure work on bytes.
//
// Only as much of the binary format as the messages for wrong files need; whether a component is
// valid, the engine says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

using FileBytes = std::span<const std::uint8_t>;

enum class FileKind : std::uint8_t {
  empty,
  component,
  module,       // a core module
  wit_package,  // WIT in binary form: types only
  truncated,    // begins as WebAssembly and ends inside of a section
  other_wasm,   // WebAssembly of a version nobody knows
  wat,          // the text format
  wit,          // WIT as text
  precompiled,  // native code made by a Wasmtime
  elf,          // a native program or library
  script,       // begins with #!
  archive,      // zip, gzip, tar, xz, zstd
  html,         // most likely a failed download
  unknown,
};

[[nodiscard]] FileKind file_kind(FileBytes bytes);

// Names of what a core module exports; whatever can be read of them.
[[nodiscard]] std::vector<std::string> module_exports(FileBytes module);
// Whether a core module says which world it was built for.
[[nodiscard]] bool embeds_world(FileBytes module);

struct ImportName {
  std::string_view module;
  std::string_view name;
};
// The module with one of its imports under another name; empty when it has no such import.
[[nodiscard]] std::vector<std::uint8_t> rename_import(FileBytes module, ImportName from,
                                                      ImportName to);

}  // namespace capstan::platform
