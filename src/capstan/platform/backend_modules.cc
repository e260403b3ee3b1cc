#include <capstan/platform/backend_modules.h>

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <system_error>

namespace capstan::platform {
namespace {

namespace fs = std::filesystem;
using capability::BackendModule;

constexpr KnownModule known[] = {
    {.name = "redis", .schemes = {"redis", "rediss"}, .packages = "libssl3"},
};
constexpr const char* entry = "capstan_backend_module";

std::string why_not_loaded() {
  const char* reason = ::dlerror();
  return reason == nullptr ? "no reason given" : reason;
}

std::unexpected<Error> not_there(const KnownModule& module, const fs::path& file) {
  return fail(ErrorCode::not_loadable,
              fmt::format("the backend '{}' is not part of this installation: there is no '{}'; "
                          "build Capstan with CAPSTAN_BACKEND_{}=ON",
                          module.name, file.string(), [&] {
                            std::string upper(module.name);
                            std::ranges::transform(upper, upper.begin(), [](char c) {
                              return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
                            });
                            return upper;
                          }()));
}

// Whether both sides agree on the types that cross.
Result<const BackendModule*> checked(const KnownModule& known_module, const fs::path& file,
                                     const BackendModule* module) {
  const bool readable = module != nullptr && module->struct_size >= sizeof(BackendModule) &&
                        module->version == capability::backend_module_version;
  if (!readable || std::string_view(module->build) != capability::module_build())
    return fail(ErrorCode::not_loadable,
                fmt::format("'{}' is of another build of Capstan: install the command and its "
                            "backends together",
                            file.string()));
  if (module->name != known_module.name)
    return fail(ErrorCode::not_loadable,
                fmt::format("'{}' is the backend '{}' and not '{}': install Capstan again",
                            file.string(), module->name, known_module.name));
  return module;
}

}  // namespace

std::span<const KnownModule> known_modules() { return known; }

const KnownModule* module_for(std::string_view scheme) {
  for (const KnownModule& module : known)
    if (!scheme.empty() && std::ranges::find(module.schemes, scheme) != std::end(module.schemes))
      return &module;
  return nullptr;
}

fs::path modules_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return (program.parent_path() / CAPSTAN_BACKENDS_FOLDER).lexically_normal();
}

Result<const BackendModule*> load_module_from(const fs::path& folder, const KnownModule& module) {
  const fs::path file = folder / fmt::format("libcapstan_backend_{}.so", module.name);
  std::error_code error;
  if (!fs::exists(file, error)) return not_there(module, file);
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return fail(ErrorCode::not_loadable,
                fmt::format("the backend '{}' cannot be loaded: {}; the libraries that it needs "
                            "are in the packages {}",
                            module.name, why_not_loaded(), module.packages));
  const auto function = reinterpret_cast<CapstanBackendModuleFunction*>(::dlsym(library, entry));
  if (function == nullptr)
    return fail(ErrorCode::not_loadable,
                fmt::format("'{}' is no backend of Capstan: it has no {}", file.string(), entry));
  return checked(module, file, function());
}

Result<const BackendModule*> load_module(const KnownModule& module) {
  static std::mutex mutex;
  static std::map<std::string_view, const BackendModule*> loaded;
  const std::lock_guard lock(mutex);
  if (const auto found = loaded.find(module.name); found != loaded.end()) return found->second;
  CAPSTAN_TRY(const BackendModule* const found, load_module_from(modules_folder(), module));
  loaded.emplace(module.name, found);
  return found;
}

Error does_not_serve(const KnownModule& module, std::string_view capability) {
  return Error(ErrorCode::unsupported,
               fmt::format("the backend '{}' cannot serve {}", module.name, capability));
}

}  // namespace capstan::platform
