// Files that the build puts into the library, so that the program needs none beside it: templates/,
// wit/wasi-0.2/ and guest/support/. See cmake/embed.cmake. Threads: any; the data is constant.
#pragma once

#include <span>
#include <string_view>

namespace capstan::platform {

struct EmbeddedFile {
  std::string_view path;  // "templates/http-c/capstan.toml.in"; sorted
  std::string_view contents;
};

[[nodiscard]] std::span<const EmbeddedFile> embedded_files();

// The contents of one file that is known to exist.
[[nodiscard]] std::string_view embedded_file(std::string_view path);

}  // namespace capstan::platform
