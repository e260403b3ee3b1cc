// A blobstore by its address:
//
//   memory?bytes=256MiB&objects=1000000&containers=10000
//   file:DIR?sync=yes&object-bytes=5GiB&open=256
//
// What each option means is said in memory.h and file.h.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/blobstore/blobstore.h>

#include <memory>

namespace capstan::blobstore {

[[nodiscard]] Result<std::shared_ptr<Store>> connect(const Url& url);

// From the environment: the address in BLOBSTORE_URL; else files in the folder "blobstore" of
// FILESYSTEM_ROOT; else memory.
[[nodiscard]] Result<std::shared_ptr<Store>> connect();

}  // namespace capstan::blobstore
