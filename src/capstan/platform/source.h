// The SOURCE argument: a component, a core module, WebAssembly text, or a folder with capstan.toml.
#pragma once

#include <capstan/base/result.h>
#include <capstan/platform/settings.h>
#include <capstan/platform/toolchain.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace capstan::platform {

struct Source {
  std::string name;                   // the manifest's, or the file's name
  Wasm component;                     // binary; empty for a precompiled artefact
  std::filesystem::path precompiled;  // the artefact, when it is one
  RunSettings settings;               // what a manifest says

  // What its names on backends are filed under: its name without endings.
  [[nodiscard]] std::string application() const { return name.substr(0, name.find('.', 1)); }
};

enum class Precompiled : std::uint8_t { refused, allowed };

// Every wrong file has a sentence of its own. A file that cannot be used as a program is
// ErrorCode::not_loadable; one that cannot be read, or a wrong manifest, is io or invalid_argument.
[[nodiscard]] Result<Source> read_source(const std::filesystem::path& path,
                                         Precompiled precompiled = Precompiled::refused);

}  // namespace capstan::platform
