// Times, sizes and counts as people write them. Errors are ErrorCode::invalid_argument and say what
// to write instead; whoever calls adds where the text stood.
#pragma once

#include <capstan/base/result.h>

#include <cstdint>
#include <string_view>

namespace capstan::base {

// "500ms", "2s", "1.5s", "1m", "1h"; more than nothing.
[[nodiscard]] Result<std::uint64_t> parse_duration_ms(std::string_view text);

// "65536", "64KiB", "64MiB", "1GiB", and decimal "1kB", "1MB", "1GB"; more than nothing.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

// A whole number from 1 to `most`.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t most);

}  // namespace capstan::base
