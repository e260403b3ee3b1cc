#include <capstan/platform/embedded.h>

#include <capstan/base/check.h>

#include <algorithm>

namespace capstan::platform {

// embedded_files() itself is generated.

std::string_view embedded_file(std::string_view path) {
  const auto files = embedded_files();
  const auto found = std::ranges::find(files, path, &EmbeddedFile::path);
  CAPSTAN_CHECK(found != files.end(), path);
  return found->contents;
}

}  // namespace capstan::platform
