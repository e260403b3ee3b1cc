// What linking says when something does not fit: pure text work, no engine.
//
// Internal to src/capstan/host.
#pragma once

#include <capstan/base/nearest.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::host {

using base::nearest;

// "wasi:io/streams" of "wasi:io/streams@0.2.3".
[[nodiscard]] std::string_view without_version(std::string_view interface_id);

// One semantic-version step, see core.h.
[[nodiscard]] std::string compatibility_key(std::string_view interface_id);

// The text with every resource named by what it stands for, so that texts from both sides compare
// equal when their types do.
[[nodiscard]] std::string rename_resources(
    std::string_view signature, const std::map<std::string, std::string, std::less<>>& names);

// A signature, and whose it is: "component".
struct Claim {
  std::string_view owner;
  std::string_view signature;
};
// Two signatures below each other with the first difference marked.
[[nodiscard]] std::string show_difference(const Claim& first, const Claim& second);
[[nodiscard]] inline std::string show_difference(std::string_view component,
                                                 std::string_view host) {
  return show_difference({"component", component}, {"host", host});
}

// What to do about an interface that nothing provides.
[[nodiscard]] std::string advice_for_missing(std::string_view interface_id,
                                             std::span<const std::string_view> provided,
                                             bool wasi_offered);

}  // namespace capstan::host
