// A store whose databases are wherever their names lead.
#pragma once

#include <capstan/capability/names.h>
#include <capstan/capability/sql/sql.h>

#include <memory>
#include <vector>

namespace capstan::sql {

// Number i of `stores` is backend number i of `names`. A name that leads nowhere is an error of
// code ACCESS_DENIED.
[[nodiscard]] std::shared_ptr<Store> route(std::shared_ptr<const capability::Names> names,
                                           std::vector<std::shared_ptr<Store>> stores);

}  // namespace capstan::sql
