#include <capstan/platform/temporary_folder.h>

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace capstan::platform {

namespace fs = std::filesystem;

Result<TemporaryFolder> TemporaryFolder::create() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) {
    return fail(ErrorCode::io, fmt::format("there is no folder for temporary files: {}; set TMPDIR",
                                           error.message()));
  }
  std::string name = parent / "capstan-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(ErrorCode::io, fmt::format("cannot make a folder in '{}': {}", parent.string(),
                                           std::strerror(errno)));
  }
  return TemporaryFolder(name);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace capstan::platform
