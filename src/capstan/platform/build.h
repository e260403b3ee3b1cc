// `capstan build`: C and C++ sources of a project to a component, without any other build system.
//
// Bindings, objects and the module are kept beside the component, in its folder; what is newer than
// all it was made from, by the same command line, is not made again. Threads: one build of a
// project at a time.
#pragma once

#include <capstan/base/result.h>
#include <capstan/platform/guest_compiler.h>
#include <capstan/platform/project.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace capstan::platform {

struct BuildOptions {
  std::function<void(std::string_view step)> progress;  // "compile src/main.cc"; may be empty
  bool color = false;                                   // in what the compiler says
};

struct BuildReport {
  enum class Outcome : std::uint8_t { built, up_to_date, failed };
  Outcome outcome = Outcome::built;
  // What compiler and linker said: warnings, or why it failed. Of files that were not compiled
  // again, the warnings of the last time.
  std::string diagnostics = {};
  std::string failed_step = {};  // "compile src/main.cc"
  std::size_t component_bytes = 0;
};

// An error says that the project cannot be built as it is described: WIT, world, file system. What
// the compiler objects to is in the report.
[[nodiscard]] Result<BuildReport> build_project(const Project& project,
                                                const GuestCompiler& compiler,
                                                const BuildOptions& options);

}  // namespace capstan::platform
