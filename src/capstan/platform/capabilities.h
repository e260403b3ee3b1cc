// The capabilities that serve one run, behind the backends that were chosen.
#pragma once

#include <capstan/base/result.h>
#include <capstan/host/linker.h>
#include <capstan/platform/settings.h>
#include <capstan/platform/wiring.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

// Offers what the component imports of them; what it does not import is not even made.
Result<void> add_capabilities(LinkerBase& linker, const Component& component,
                              const RunSettings& settings, SharedBackends& shared);

struct CapabilityServing {
  std::string capability;  // "keyvalue"
  std::string backend;     // "memory"
};
// Which capability serves an interface, or one of a compatible version, under these settings.
[[nodiscard]] std::optional<CapabilityServing> capability_serving(std::string_view interface_id,
                                                                  const RunSettings& settings);

// Every interface that a capability serves.
[[nodiscard]] std::vector<std::string_view> capability_interfaces();

}  // namespace capstan::platform
