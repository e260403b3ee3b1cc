// capstan.toml, the application's manifest:
//
//   [component]
//   name = "greeter"            # argv[0]; the source's file name when it is left out
//   source = "greeter.wasm"     # relative to this file
//
//   [run]                       # the options of `capstan run`, under the same names
//   dirs = ["data::/data,rw"]
//   timeout = "2s"
//   [run.config]
//   greeting = "hello"
//
//   [build]                     # for `capstan build`, see project.h
#pragma once

#include <capstan/base/result.h>
#include <capstan/platform/settings.h>

#include <filesystem>
#include <string>

namespace capstan::platform {

inline constexpr const char* manifest_file_name = "capstan.toml";

struct Manifest {
  std::string name;              // never empty
  std::filesystem::path source;  // made absolute by the manifest's folder
  RunSettings run;
};

[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& file);
// `folder` is where relative paths begin; `file` is for messages.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view text, std::string_view file,
                                              const std::filesystem::path& folder);

}  // namespace capstan::platform
