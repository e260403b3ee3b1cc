// A folder of our own below the system's place for temporary files; gone with the object.
#pragma once

#include <capstan/base/result.h>

#include <filesystem>

namespace capstan::platform {

// Movable. Threads: one at a time.
class TemporaryFolder {
 public:
  [[nodiscard]] static Result<TemporaryFolder> create();

  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;  // empty after a move
};

}  // namespace capstan::platform
