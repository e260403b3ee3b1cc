// The embedded key-value backend: everything in memory, gone when the store ends.
#pragma once

#include <capstan/capability/keyvalue/keyvalue.h>

#include <cstdint>
#include <memory>

namespace capstan::keyvalue {

struct MemoryOptions {
  // Names, keys and values together, each entry with its overhead. A guest that stores more gets an
  // error: it must not be able to exhaust the host.
  std::uint64_t bytes_max = std::uint64_t{256} << 20;
};

[[nodiscard]] std::shared_ptr<Store> make_memory_store(const MemoryOptions& options = {});

}  // namespace capstan::keyvalue
