#include <capstan/platform/bundles.h>

#include <capstan/platform/imports.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace capstan::platform {

Result<Bundles> Bundles::open(const RunSettings& settings, BundleFiles files,
                              const bundle::Log& log) {
  const bool anywhere = files == BundleFiles::anywhere;
  Bundles opened;
  for (const std::filesystem::path& folder : settings.host_bundles) {
    bundle::OpenOptions options;
    options.allow_anywhere = anywhere;
    options.log = log;
    CAPSTAN_TRY(bundle::Bundle one, bundle::Bundle::open(folder, std::move(options)));
    opened.bundles_.push_back(std::move(one));
  }
  if (settings.host_config) {
    CAPSTAN_TRY(std::vector<bundle::Bundle> more,
                bundle::open_hosts(*settings.host_config, anywhere, log));
    std::ranges::move(more, std::back_inserter(opened.bundles_));
  }
  CAPSTAN_TRY_VOID(bundle::check_conflicts(opened.bundles_));
  return opened;
}

Result<void> Bundles::add_to_linker(LinkerBase& linker) const {
  for (const bundle::Bundle& one : bundles_) CAPSTAN_TRY_VOID(one.add_to_linker(linker));
  return {};
}

std::optional<std::string> Bundles::serving(std::string_view interface_id) const {
  for (const bundle::Bundle& one : bundles_)
    for (const std::string& offered : one.interfaces())
      if (compatible(offered, interface_id)) return one.name();
  return std::nullopt;
}

std::vector<std::string> Bundles::unused_by(const Component& component) const {
  return bundle::unused_warnings(bundles_, component);
}

std::vector<std::string> Bundles::interfaces() const {
  std::vector<std::string> all;
  for (const bundle::Bundle& one : bundles_)
    all.insert(all.end(), one.interfaces().begin(), one.interfaces().end());
  return all;
}

}  // namespace capstan::platform
