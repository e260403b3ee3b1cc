// A vault whose lockers lie where their names lead (capability/names.h).
#pragma once

#include <capstan/capability/names.h>
#include <capstan/capability/vault/vault.h>

#include <memory>
#include <vector>

namespace capstan::vault {

// Number i of `stores` is backend number i of `names`. A name that may not be used is
// no_such_store, as if there were nothing of that name.
[[nodiscard]] std::shared_ptr<Store> make_routed(std::shared_ptr<const capability::Names> names,
                                                 std::vector<std::shared_ptr<Store>> stores);

}  // namespace capstan::vault
