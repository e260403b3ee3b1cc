// Backends that are shared libraries (capability/module.h), loaded when an address first names one.
//
// They lie in lib/capstan/backends beside the command's other libraries. What was loaded stays, and
// none of its symbols is seen by others. Threads: any.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/module.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace capstan::platform {

// The modules there can be, whether or not this installation has them.
struct KnownModule {
  std::string_view name;        // "redis"
  std::string_view schemes[2];  // of addresses that it serves; unused ones are empty
  std::string_view packages;    // of Debian, with the libraries that it needs
};
[[nodiscard]] std::span<const KnownModule> known_modules();

// The module for addresses of that scheme; null if they are served without one.
[[nodiscard]] const KnownModule* module_for(std::string_view scheme);

[[nodiscard]] std::filesystem::path modules_folder();

// Loads a module, or gives the one that was loaded. The error says what is missing.
[[nodiscard]] Result<const capability::BackendModule*> load_module(const KnownModule& module);
// The same from a folder of the caller's.
[[nodiscard]] Result<const capability::BackendModule*> load_module_from(
    const std::filesystem::path& folder, const KnownModule& module);

[[nodiscard]] Error does_not_serve(const KnownModule& module, std::string_view capability);

// Opens a store of a module: `function` is the one of its functions that does, and `capability` the
// name of what it opens, for the error of a module that has none.
//
//   open_in(*module, &capability::BackendModule::keyvalue, "keyvalue", url)
template <typename Store>
[[nodiscard]] Result<std::shared_ptr<Store>> open_in(
    const KnownModule& module,
    capability::OpenFunction<Store> capability::BackendModule::* function,
    std::string_view capability, const Url& url) {
  CAPSTAN_TRY(const capability::BackendModule* const loaded, load_module(module));
  if (loaded->*function == nullptr) return std::unexpected(does_not_serve(module, capability));
  return (loaded->*function)(url);
}

}  // namespace capstan::platform
