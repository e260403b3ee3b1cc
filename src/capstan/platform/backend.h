// Which backend serves a capability: `--backend CAPABILITY[:LABEL]=URL`.
//
//   keyvalue=memory     logging=stderr     keyvalue:sessions=memory
//
// A label is the name a component knows an instance of a capability by; without one the choice is
// for every label that has none of its own. The URL's scheme says which backend, the rest is the
// backend's own.
#pragma once

#include <capstan/base/result.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

struct BackendChoice {
  std::string capability;  // "keyvalue"
  std::string label;       // empty: the default of the capability
  std::string scheme;      // "memory"
  std::string url;         // "memory", "redis://cache:6379"
};

// One capability and what can serve it; the first scheme is the default.
struct CapabilityInfo {
  std::string_view name;
  std::span<const std::string_view> schemes;
  bool labels;  // whether there can be several of it
};

// Every capability of this build.
[[nodiscard]] std::span<const CapabilityInfo> capabilities();

[[nodiscard]] Result<BackendChoice> parse_backend(std::string_view text);

// Refuses two choices for one capability and label.
[[nodiscard]] Result<void> check_backends(std::span<const BackendChoice> choices);

// The choice for a label: its own, else the capability's, else the default backend.
[[nodiscard]] BackendChoice backend_for(std::span<const BackendChoice> choices,
                                        std::string_view capability, std::string_view label);

}  // namespace capstan::platform
