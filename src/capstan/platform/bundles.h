// The host bundles of one run: --host-bundle and --host-config.
#pragma once

#include <capstan/base/result.h>
#include <capstan/bundle/bundle.h>
#include <capstan/host/linker.h>
#include <capstan/platform/settings.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

// Whether bundles may come from files that others can write to.
enum class BundleFiles : std::uint8_t { safe, anywhere };

class Bundles {
 public:
  [[nodiscard]] static Result<Bundles> open(const RunSettings& settings, BundleFiles files,
                                            const bundle::Log& log);

  Result<void> add_to_linker(LinkerBase& linker) const;

  // The name of the bundle that serves an interface, or one of a compatible version.
  [[nodiscard]] std::optional<std::string> serving(std::string_view interface_id) const;
  // A sentence for each bundle of which the component imports nothing.
  [[nodiscard]] std::vector<std::string> unused_by(const Component& component) const;
  // Every interface of every bundle.
  [[nodiscard]] std::vector<std::string> interfaces() const;

 private:
  std::vector<bundle::Bundle> bundles_;
};

}  // namespace capstan::platform
