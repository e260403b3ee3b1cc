// The dialect of object storage that components import, served by a blobstore::Store:
//
//   wasi:blobstore/types@0.2.0-draft, container, blobstore
//
// Its streams are those of WASI, which the linker must offer too.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/blobstore/blobstore.h>
#include <capstan/host/linker.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace capstan::blobstore {

inline constexpr std::string_view interfaces[] = {"wasi:blobstore/types@0.2.0-draft",
                                                  "wasi:blobstore/container@0.2.0-draft",
                                                  "wasi:blobstore/blobstore@0.2.0-draft"};

struct BindOptions {
  // What incoming-value-consume-sync gives at most; more is for consume-async.
  std::uint64_t sync_body_bytes_max = std::uint64_t{64} << 20;
  // What can be written to a value before write-data says where it goes.
  std::uint64_t waiting_bytes_max = std::uint64_t{1} << 30;
  std::uint64_t handles_max = 10'000;  // containers, values and lists held at once
};

// The linker and all that is prepared with it share the store.
Result<void> bind(LinkerBase& linker, const std::shared_ptr<Store>& store,
                  const BindOptions& options = {});

}  // namespace capstan::blobstore
