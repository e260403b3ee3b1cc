// The dialects of vaults that components import, served by a vault::Store:
//
//   wasi:vault/vault@0.1.0-draft, omnia:vault/vault@0.1.0
//
// They differ in nothing but their names. Either is served to components that import its functions
// as `func` and to those that import them as `async func`.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/vault/vault.h>
#include <capstan/host/linker.h>

#include <memory>
#include <string_view>

namespace capstan::vault {

inline constexpr std::string_view interfaces[] = {"wasi:vault/vault@0.1.0-draft",
                                                  "omnia:vault/vault@0.1.0"};

// The linker and all that is prepared with it share the store.
Result<void> bind(LinkerBase& linker, const std::shared_ptr<Store>& store);

}  // namespace capstan::vault
