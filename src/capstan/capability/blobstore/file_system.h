// System calls of the file backend: descriptors that close themselves, paths that stay beneath a
// folder, and errors in the interface's words.
//
// Internal to this folder.
#pragma once

#include <capstan/base/descriptor.h>
#include <capstan/capability/blobstore/blobstore.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::blobstore {

// What `errno` says about `doing`, which is what was tried: "cannot write object 'a'".
[[nodiscard]] Error system_error(std::string_view doing, int code);

// Opens a name beneath a folder: no symbolic link is followed, and nothing outside is reached.
// Empty with `errno` when it cannot be opened.
[[nodiscard]] Descriptor open_beneath(const Descriptor& folder, const std::string& name, int flags);

struct FolderNames {
  std::vector<std::string> names;
  int code = 0;  // of the error that ended the search
};
// Those of regular files that begin with no '.'.
[[nodiscard]] FolderNames file_names(const Descriptor& folder);
// All names but "." and "..".
[[nodiscard]] FolderNames all_names(const Descriptor& folder);

// Writes and reads that go on when they were interrupted. False, or fewer bytes with `errno` set,
// when they fail.
[[nodiscard]] bool write_all(const Descriptor& file, std::span<const std::uint8_t> bytes);
// As many bytes as there are; -1 with `errno` when it fails.
[[nodiscard]] std::int64_t read_at(const Descriptor& file, std::span<std::uint8_t> into,
                                   std::uint64_t offset);

// A name nobody else has.
[[nodiscard]] std::string unique_name(std::string_view kind);

}  // namespace capstan::blobstore
