// Several blobstores as one: the names that a component uses lead to backends, see names.h.
#pragma once

#include <capstan/capability/blobstore/blobstore.h>
#include <capstan/capability/names.h>

#include <memory>
#include <vector>

namespace capstan::blobstore {

// Number i of `stores` is backend number i of `names`. A name that the component may not use gives
// access_denied. Copies and moves between backends go piece by piece.
[[nodiscard]] std::shared_ptr<Store> route(std::shared_ptr<const capability::Names> names,
                                           std::vector<std::shared_ptr<Store>> stores);

}  // namespace capstan::blobstore
