// "Did you mean ...?": the known word that somebody most likely meant.
#pragma once

#include <span>
#include <string_view>

namespace capstan::base {

// The candidate that is nearest to `wanted` by spelling, or empty when none is close.
[[nodiscard]] std::string_view nearest(std::string_view wanted,
                                       std::span<const std::string_view> candidates);

}  // namespace capstan::base
