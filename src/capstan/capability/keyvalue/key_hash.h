// A hash of keys that differs from process to process, so that no guest can choose keys that all
// fall into one place.
#pragma once

#include <cstdint>
#include <string_view>

namespace capstan::keyvalue {

[[nodiscard]] std::uint64_t hash_of_key(std::string_view key);

}  // namespace capstan::keyvalue
