#include <capstan/platform/imports.h>

#include <capstan/host/diagnostics.h>

#include <algorithm>

namespace capstan::platform {

bool compatible(std::string_view offered, std::string_view wanted) {
  if (offered == wanted) return true;
  if (host::without_version(offered) != host::without_version(wanted)) return false;
  const std::string key = host::compatibility_key(wanted);
  return !key.empty() && key == host::compatibility_key(offered);
}

std::vector<ImportedInterface> imported_interfaces(const Component& component) {
  std::vector<ImportedInterface> imports;
  for (const ComponentItem& item : component.imports()) {
    auto found = std::ranges::find(imports, item.interface_name, &ImportedInterface::id);
    if (found == imports.end()) {
      imports.push_back({.id = item.interface_name, .items = {}});
      found = imports.end() - 1;
    }
    using Kind = ComponentItem::Kind;
    if (item.kind == Kind::function || item.kind == Kind::resource) found->items.push_back(&item);
  }
  return imports;
}

bool imports_any(const Component& component, std::span<const std::string_view> interfaces) {
  return std::ranges::any_of(component.imports(), [&](const ComponentItem& item) {
    return item.kind == ComponentItem::Kind::interface &&
           std::ranges::any_of(interfaces, [&](std::string_view offered) {
             return compatible(offered, item.interface_name);
           });
  });
}

bool is_wasi(std::string_view interface_id) {
  constexpr std::string_view packages[] = {"wasi:cli/", "wasi:clocks/", "wasi:filesystem/",
                                           "wasi:io/",  "wasi:random/", "wasi:sockets/"};
  const bool named = std::ranges::any_of(
      packages, [&](std::string_view package) { return interface_id.starts_with(package); });
  if (!named) return false;
  const std::string key = host::compatibility_key(interface_id);
  return key.ends_with("@0.2") || key.ends_with("@0.3");
}

}  // namespace capstan::platform
