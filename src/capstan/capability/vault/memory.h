// The vault that needs nothing: secrets in memory, overwritten and gone when the store ends.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/vault/contents.h>

#include <memory>

namespace capstan::vault {

struct MemoryOptions {
  Limits limits = {};
};

[[nodiscard]] Result<std::shared_ptr<Store>> connect_with(const MemoryOptions& options);

}  // namespace capstan::vault
