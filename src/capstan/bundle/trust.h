// Who could have put this library here: the file system's answer, before any of its code runs.
//
// Internal to src/capstan/bundle.
#pragma once

#include <capstan/base/result.h>

#include <filesystem>

#include <sys/types.h>

namespace capstan::bundle {

// The library and its folder belong to root or to `user`, and nobody else may write to them.
// Symbolic links are followed first.
[[nodiscard]] Result<void> check_trusted(const std::filesystem::path& library, uid_t user);

}  // namespace capstan::bundle
