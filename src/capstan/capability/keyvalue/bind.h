// The dialects of key-value storage that components import, served by a keyvalue::Store:
//
//   wasi:keyvalue@0.2.0-draft2   store, atomics, batch
//   wasi:keyvalue@0.2.0-draft    the same without swaps, with cursors and counters of 64 bits
//   keyvalue:store/store@0.1.0   one flat store of texts, its keys set once: the bucket "default"
//   demo:keyvalue/store@0.1.0    named buckets of texts
//
// Each as `func` or `async func`, whichever the component imports.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/keyvalue/keyvalue.h>
#include <capstan/host/linker.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace capstan::keyvalue {

inline constexpr std::string_view interfaces[] = {
    "wasi:keyvalue/store@0.2.0-draft2",  "wasi:keyvalue/atomics@0.2.0-draft2",
    "wasi:keyvalue/batch@0.2.0-draft2",  "wasi:keyvalue/store@0.2.0-draft",
    "wasi:keyvalue/atomics@0.2.0-draft", "wasi:keyvalue/batch@0.2.0-draft",
    "keyvalue:store/store@0.1.0",        "demo:keyvalue/store@0.1.0"};

// What one component may hold at once, in all of its instances together. More is the error `other`.
struct BindLimits {
  std::size_t handles_max = 10'000;                        // open buckets and looks (cas)
  std::uint64_t seen_bytes_max = std::uint64_t{64} << 20;  // values that looks hold
};

// The linker and all that is prepared with it share the store.
Result<void> bind(LinkerBase& linker, const std::shared_ptr<Store>& store,
                  const BindLimits& limits = {});

}  // namespace capstan::keyvalue
