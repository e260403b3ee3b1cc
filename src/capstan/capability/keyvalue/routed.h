// A store of several: each bucket is where its name leads (capability/names.h).
#pragma once

#include <capstan/capability/keyvalue/keyvalue.h>
#include <capstan/capability/names.h>

#include <memory>
#include <vector>

namespace capstan::keyvalue {

// Backend number i of `names` is stores[i]. A name that leads nowhere is no_such_store.
[[nodiscard]] std::shared_ptr<Store> route(std::shared_ptr<const capability::Names> names,
                                           std::vector<std::shared_ptr<Store>> stores);

}  // namespace capstan::keyvalue
