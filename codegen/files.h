// Reading and writing files the way a build tool must: a file that would not change is not touched,
// and what was read is told to the build system.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "toolchain.h"

namespace capstan::codegen {

// The whole file, as bytes.
[[nodiscard]] Outcome<std::string> read_file(const std::filesystem::path& path);

// Writes `contents` unless the file holds exactly that already. Makes missing folders. The file
// appears whole or not at all: it is written under another name first.
[[nodiscard]] Outcome<void> write_if_changed(const std::filesystem::path& path,
                                             std::string_view contents);

// Writes every file into `folder`, each only if it changed.
[[nodiscard]] Outcome<void> write_files(const std::filesystem::path& folder,
                                        const std::vector<File>& files);

// What a depfile says: all of `outputs` are made from all of `inputs`.
struct Dependencies {
  std::vector<std::string> outputs;
  std::vector<std::string> inputs;
};

// Writes a depfile in Make's syntax, which Ninja and CMake read too.
[[nodiscard]] Outcome<void> write_depfile(const std::filesystem::path& path,
                                          const Dependencies& dependencies);

// The files `wit` was read from, and the folders they lie in for those `paths` that are folders: a
// `.wit` file that is added there changes the package.
[[nodiscard]] std::vector<std::string> dependencies_of(const Wit& wit,
                                                       const std::vector<std::string>& paths);

}  // namespace capstan::codegen
