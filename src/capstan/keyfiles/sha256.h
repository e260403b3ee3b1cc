// SHA-256 (FIPS 180-4), for names that are too long to be file names. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace capstan::keyfiles {

[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view message);

// As 64 hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view message);

}  // namespace capstan::keyfiles
