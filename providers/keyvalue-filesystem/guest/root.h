// The folder that holds the buckets: the one granted as "keyvalue-data", else the only one that
// may be written to.
#pragma once

#include <capstan/keyfiles/folder.h>

namespace provider {

// Found once; a failure says what to grant. The descriptor stays open.
[[nodiscard]] capstan::keyfiles::Outcome<int> root_folder();

// From the environment: KEYVALUE_SYNC=off leaves out what makes values survive a power cut,
// KEYVALUE_LOCK_LEASE_MS is how old a lock may become.
[[nodiscard]] capstan::keyfiles::FolderOptions folder_options();

}  // namespace provider
