// The blobstore backend that keeps objects as files: one folder for each container in a folder of
// the operator's, one file for each object, with its content as it is.
//
//   DIR/photos/.container      says since when there is the container, and its name
//   DIR/photos/cat.jpg         the object "cat.jpg"; other names are escaped, see file_names.h
//   DIR/.tmp/                  what is being written; what a crash left there goes with the next
//   start
//
// An object is written beside, brought to the disk, and then renamed: whoever reads sees the old
// one or the new one. Several processes may use one folder. Reading and writing never hold more
// than a piece of an object.
#pragma once

#include <capstan/base/pool.h>
#include <capstan/base/result.h>
#include <capstan/capability/blobstore/blobstore.h>

#include <cstdint>
#include <memory>
#include <string>

namespace capstan::blobstore {

enum class Sync : std::uint8_t {
  yes,  // what was committed survives a loss of power
  no,   // ... a crash of the process only
};

struct FileOptions {
  std::string folder;  // made when it is not there; the one above it must be
  Sync sync = Sync::yes;
  std::uint64_t object_bytes_max = std::uint64_t{5} << 30;
  std::uint64_t open_max = 256;  // readers and writers at once, each of which is an open file
  // Where files are waited for; without one, the thread that runs the guest waits. Shared by all
  // that use it, and the store.
  std::shared_ptr<BlockingPool> pool = nullptr;
};

[[nodiscard]] Result<std::shared_ptr<Store>> connect_with(const FileOptions& options);

}  // namespace capstan::blobstore
