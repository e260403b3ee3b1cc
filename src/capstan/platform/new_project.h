// `capstan new`: a small project that builds and runs at once, from the templates in templates/.
//
// Threads: any.
#pragma once

#include <capstan/base/result.h>
#include <capstan/platform/guest_compiler.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

enum class ProjectKind : std::uint8_t {
  component,  // a command
  http,       // a component that answers HTTP requests
  adapter,    // a C++ program that embeds Capstan and offers an interface
  bundle,     // a host bundle
};

struct NewProject {
  ProjectKind kind = ProjectKind::component;
  GuestLanguage language = GuestLanguage::cpp;  // of component and http
  std::filesystem::path folder;                 // its last part is the project's name
};

// What a project may be called: "hello", "my-host". The error says what is wrong and names a name
// that is right.
[[nodiscard]] Result<void> check_project_name(std::string_view name);

// Makes the folder and everything in it; gives the files, relative to it, sorted. A folder that
// exists is left alone.
[[nodiscard]] Result<std::vector<std::filesystem::path>> make_project(const NewProject& project);

}  // namespace capstan::platform
