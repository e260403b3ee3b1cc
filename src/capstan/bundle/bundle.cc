#include <capstan/bundle/bundle.h>

#include <capstan/bundle/library.h>
#include <capstan/bundle/trust.h>
#include <capstan/host/diagnostics.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>

namespace capstan::bundle {
namespace {

enum class Trust { checked, anywhere };

Result<Bundle> load(Manifest manifest, Trust trust, const Log& log) {
  const std::string context = fmt::format("bundle '{}'", manifest.name);
  const auto steps = [&]() -> Result<Bundle> {
    CAPSTAN_TRY(auto wit, read_wit(manifest.wit, manifest.world));
    if (wit.empty())
      return fail(
          ErrorCode::not_loadable,
          fmt::format("its WIT '{}' has no interface with functions", manifest.wit.string()));
    if (trust == Trust::checked) CAPSTAN_TRY_VOID(check_trusted(manifest.library, geteuid()));
    CAPSTAN_TRY(auto library, Library::load(std::move(manifest), std::move(wit), log));
    return Bundle(std::move(library));
  };
  auto loaded = steps();
  if (!loaded) return std::unexpected(std::move(loaded).error().with_context(context));
  return loaded;
}

// Whether a component that imports `wanted` would be served by `offered`.
bool serves(std::string_view offered, std::string_view wanted) {
  if (offered == wanted) return true;
  const std::string key = host::compatibility_key(offered);
  return !key.empty() && key == host::compatibility_key(wanted);
}

std::vector<std::string_view> imported_interfaces(const Component& component) {
  std::vector<std::string_view> ids;
  for (const ComponentItem& item : component.imports())
    if (!item.interface_name.empty() && (ids.empty() || ids.back() != item.interface_name))
      ids.push_back(item.interface_name);
  return ids;
}

// Why nothing of a bundle is used: another version is imported, or nothing like it.
std::string reason(const Bundle& bundle, const std::vector<std::string_view>& imports) {
  for (const std::string& offered : bundle.interfaces())
    for (const std::string_view wanted : imports)
      if (host::without_version(offered) == host::without_version(wanted))
        return fmt::format("the component imports {}, it provides {}", wanted, offered);
  return fmt::format("the component imports nothing that it provides ({})",
                     fmt::join(bundle.interfaces(), ", "));
}

}  // namespace

Bundle::Bundle(std::shared_ptr<const Library> library) : library_(std::move(library)) {
  for (const WitInterface& interface : library_->interfaces()) interfaces_.push_back(interface.id);
}

Result<Bundle> Bundle::open(const std::filesystem::path& folder, OpenOptions options) {
  CAPSTAN_TRY(Manifest manifest, read_manifest(folder));
  if (!options.name.empty()) manifest.name = std::move(options.name);
  override_config(manifest.config, options.config);
  return load(std::move(manifest), options.allow_anywhere ? Trust::anywhere : Trust::checked,
              options.log);
}

const std::string& Bundle::name() const { return library_->manifest().name; }
const std::filesystem::path& Bundle::library() const { return library_->manifest().library; }

std::vector<BundleItem> Bundle::items() const {
  std::vector<BundleItem> all;
  for (const WitInterface& interface : library_->interfaces()) {
    for (const WitResource& resource : interface.resources)
      all.push_back({interface.id, resource.name, ""});
    for (const WitFunction& function : interface.functions)
      all.push_back({interface.id, function.name, function.signature});
  }
  return all;
}

Result<void> Bundle::add_to_linker(LinkerBase& linker) const {
  for (std::size_t i = 0; i < interfaces_.size(); ++i)
    CAPSTAN_TRY_VOID(linker.add(library_->runtime_interface(i)));
  return {};
}

Result<std::vector<Bundle>> open_hosts(const std::filesystem::path& hosts_toml, bool allow_anywhere,
                                       Log log) {
  CAPSTAN_TRY(auto manifests, read_hosts(hosts_toml));
  std::vector<Bundle> bundles;
  for (Manifest& manifest : manifests) {
    CAPSTAN_TRY(Bundle bundle,
                load(std::move(manifest), allow_anywhere ? Trust::anywhere : Trust::checked, log));
    bundles.push_back(std::move(bundle));
  }
  return bundles;
}

Result<void> check_conflicts(std::span<const Bundle> bundles) {
  for (std::size_t i = 0; i < bundles.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      for (const std::string& one : bundles[j].interfaces())
        for (const std::string& other : bundles[i].interfaces())
          if (serves(one, other))
            return fail(ErrorCode::invalid_argument,
                        fmt::format("the bundles '{}' and '{}' both provide {}: give only one of "
                                    "them",
                                    bundles[j].name(), bundles[i].name(), one));
  return {};
}

std::vector<std::string> unused_warnings(std::span<const Bundle> bundles,
                                         const Component& component) {
  const std::vector<std::string_view> imports = imported_interfaces(component);
  std::vector<std::string> warnings;
  for (const Bundle& bundle : bundles) {
    const bool used = std::ranges::any_of(bundle.interfaces(), [&](std::string_view offered) {
      return std::ranges::any_of(imports,
                                 [&](std::string_view wanted) { return serves(offered, wanted); });
    });
    if (!used)
      warnings.push_back(
          fmt::format("Unknown bundle '{}': {}", bundle.name(), reason(bundle, imports)));
  }
  return warnings;
}

}  // namespace capstan::bundle
