// What a component imports, by interface.
#pragma once

#include <capstan/host/engine.h>

#include <span>
#include <string_view>
#include <vector>

namespace capstan::platform {

// Whether an import of `wanted` is served by `offered`: the same, or a version that semantic
// versioning takes for compatible.
[[nodiscard]] bool compatible(std::string_view offered, std::string_view wanted);

struct ImportedInterface {
  std::string_view id;                      // empty: functions of the world itself
  std::vector<const ComponentItem*> items;  // functions and resources, in the component's order
};

// In the component's order. Refers to the component.
[[nodiscard]] std::vector<ImportedInterface> imported_interfaces(const Component& component);

// Whether the component imports one of these, or a compatible version of one.
[[nodiscard]] bool imports_any(const Component& component,
                               std::span<const std::string_view> interfaces);

// Whether the engine's own WASI has interfaces of that name and version.
[[nodiscard]] bool is_wasi(std::string_view interface_id);

}  // namespace capstan::platform
