// Counters as backends keep them: 8 bytes, a little-endian two's complement number.
#pragma once

#include <capstan/capability/keyvalue/keyvalue.h>

#include <cstdint>
#include <optional>
#include <span>

namespace capstan::keyvalue {

[[nodiscard]] Bytes counter_bytes(std::int64_t value);

// What a counter is after adding to it; `before` is nothing for a key that does not exist.
[[nodiscard]] Outcome<std::int64_t> counter_sum(std::optional<std::span<const std::uint8_t>> before,
                                                std::int64_t delta);

}  // namespace capstan::keyvalue
