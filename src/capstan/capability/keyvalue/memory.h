// The embedded key-value backend: everything in memory, gone when the store ends.
//
// A look-up takes one hash and a lock that readers do not contend for; a value that is not short is
// given as it is kept, without a copy.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/keyvalue/keyvalue.h>

#include <cstdint>
#include <memory>

namespace capstan::keyvalue {

// A guest that stores more gets an error: it must not be able to exhaust the host.
struct MemoryOptions {
  std::uint64_t bytes_max = std::uint64_t{256} << 20;  // names, keys, values, and what holds them
  std::uint64_t keys_max = 1'000'000;
};

[[nodiscard]] Result<std::shared_ptr<Store>> connect_with(const MemoryOptions& options);

}  // namespace capstan::keyvalue
