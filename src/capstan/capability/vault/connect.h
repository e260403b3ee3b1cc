// A vault by its address:
//
//   memory       secrets=N bytes=SIZE
//   file:PATH    the same, and key-env=NAME (default: CAPSTAN_VAULT_KEY) or passphrase-env=NAME,
//                read-only=yes
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/vault/vault.h>

#include <memory>
#include <string_view>

namespace capstan::vault {

// The variable that has the key of a file unless the address names another.
inline constexpr std::string_view default_key_variable = "CAPSTAN_VAULT_KEY";

// The variable of the environment CAPSTAN_VAULT has the address; without it, `memory`.
[[nodiscard]] Result<std::shared_ptr<Store>> connect();
[[nodiscard]] Result<std::shared_ptr<Store>> connect(const Url& url);

}  // namespace capstan::vault
