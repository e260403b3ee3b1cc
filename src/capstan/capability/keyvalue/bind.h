// The dialects of key-value storage that components import, served by a keyvalue::Store:
//
//   keyvalue:store/store@0.1.0   one flat store of texts, its keys set once: the bucket "default"
//   demo:keyvalue/store@0.1.0    named buckets of texts
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/keyvalue/keyvalue.h>
#include <capstan/host/linker.h>

#include <memory>
#include <string_view>

namespace capstan::keyvalue {

inline constexpr std::string_view interfaces[] = {"keyvalue:store/store@0.1.0",
                                                  "demo:keyvalue/store@0.1.0"};

// The linker and all that is prepared with it share the store.
Result<void> bind(LinkerBase& linker, const std::shared_ptr<Store>& store);

}  // namespace capstan::keyvalue
