// The embedded blobstore backend that needs nothing: everything in memory, gone with the store.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/blobstore/blobstore.h>

#include <cstdint>
#include <memory>

namespace capstan::blobstore {

struct MemoryOptions {
  // Names and contents together, each entry with its overhead, also of objects that are not
  // committed yet. A guest that stores more gets an error: it must not be able to exhaust the host.
  std::uint64_t bytes_max = std::uint64_t{256} << 20;
  std::uint64_t objects_max = 1'000'000;
  std::uint64_t containers_max = 10'000;
};

[[nodiscard]] Result<std::shared_ptr<Store>> connect_with(const MemoryOptions& options);

}  // namespace capstan::blobstore
