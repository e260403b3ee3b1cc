// What `capstan build` reads of a project's capstan.toml:
//
//   [component]
//   name = "hello"
//   source = "build/hello.wasm"       # what is made, and what `capstan run` runs
//
//   [build]
//   language = "cpp"                  # of the bindings: cpp or c
//   sources = ["src"]                 # files, or folders with .c, .cc, .cpp and .cxx files
//   wit = "wit"                       # a folder with deps/, or a file
//   world = "hello"                   # needed when there is more than one
//   adapt = "command"                 # auto, command, reactor, proxy or none
//   features = []                     # @unstable features of the WIT
//   string_encoding = "utf8"          # utf8 or utf16
//   options = ["-DNAME=1"]            # more for the compiler
//   link_options = ["-lm"]            # more for the linker
//
// Only [component] name and source are required. Other tables belong to `capstan run`. Threads:
// any.
#pragma once

#include <capstan/base/config_table.h>
#include <capstan/base/result.h>
#include <capstan/platform/guest_compiler.h>
#include <capstan/toolchain.h>

#include <filesystem>
#include <string>
#include <vector>

namespace capstan::platform {

// The table [build], as it is written.
struct BuildSettings {
  GuestLanguage language = GuestLanguage::cpp;
  std::vector<std::string> sources;  // never empty
  std::string wit;
  std::string world;
  capstan_toolchain_adapter adapter = CAPSTAN_TOOLCHAIN_ADAPTER_AUTO;
  std::vector<std::string> features;
  capstan_toolchain_string_encoding string_encoding = CAPSTAN_TOOLCHAIN_STRING_UTF8;
  std::vector<std::string> options;
  std::vector<std::string> link_options;
};

// Looks at the table only, not at the files it names; unknown keys are errors when the file is
// finished.
[[nodiscard]] Result<BuildSettings> read_build_settings(const ConfigTable& build);

struct Project {
  std::filesystem::path folder;
  std::string name;
  std::filesystem::path component;  // relative to the folder, as are all paths below
  BuildSettings build;
  std::vector<std::filesystem::path> source_folders;
  std::vector<std::filesystem::path> sources;  // every file, sorted
  std::filesystem::path wit;
};

[[nodiscard]] Result<Project> read_project(const std::filesystem::path& folder);

}  // namespace capstan::platform
