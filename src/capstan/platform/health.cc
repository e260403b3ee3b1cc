#include <capstan/platform/health.h>

#include <capstan/base/version.h>
#include <capstan/host/engine.h>
#include <capstan/platform/backend_modules.h>
#include <capstan/platform/guest_compiler.h>
#include <capstan/platform/process.h>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <span>
#include <system_error>
#include <thread>

#include <codegen/toolchain.h>

namespace capstan::platform {
namespace {

namespace fs = std::filesystem;
using State = Check::State;

fs::path own_path() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error);
}

Check check_program() {
  return {"capstan", State::good, fmt::format("{} ({})", version(), own_path().string())};
}

// The smallest component there is: compiling it shows that the engine's library loads and may make
// code.
constexpr std::array<std::uint8_t, 8> empty_component = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

Check check_engine() {
  const auto tried = []() -> Result<void> {
    CAPSTAN_TRY(auto engine, Engine::create({.cache = false}));
    CAPSTAN_TRY([[maybe_unused]] auto component, engine.load(empty_component, "test"));
    return {};
  }();
  if (tried) return {"engine", State::good, "compiles components"};
  return {"engine", State::broken, tried.error().message(),
          "install Capstan again; a sandbox or SELinux may forbid making executable memory"};
}

Check check_toolchain() {
  const auto wit = codegen::Wit::parse(
      {.paths = {},
       .sources = {{"test.wit", "package a:b; world w { export run: func(); }"}},
       .features = {}});
  const auto component = wit ? wit->dummy_component(0) : codegen::Outcome<std::string>();
  if (wit && component) return {"toolchain", State::good, "reads WIT and makes components"};
  return {"toolchain", State::broken, wit ? component.error() : wit.error(),
          "install Capstan again"};
}

std::string compiler_remedy(const GuestCompiler& compiler) {
  switch (compiler.kind) {
    case GuestCompiler::Kind::clang:
      return std::string(guest_compiler_packages);
    case GuestCompiler::Kind::wasi_sdk:
      return "unset WASI_SDK_PATH, or install that SDK again";
    case GuestCompiler::Kind::zig:
      break;
  }
  return "install zig again, for example: pip install --force-reinstall ziglang";
}

Check check_compiler(GuestLanguage language) {
  const std::string name =
      fmt::format("guest compiler for {}", language == GuestLanguage::c ? "C" : "C++");
  const auto compiler = find_guest_compiler();
  if (!compiler) {
    return {name, State::missing, compiler.error().message(), std::string(guest_compiler_packages)};
  }
  const auto works = try_guest_compiler(*compiler, language);
  if (works) return {name, State::good, compiler->description};
  std::string_view said = works.error().message();
  while (said.ends_with('\n')) said.remove_suffix(1);
  return {name, State::missing, fmt::format("{} does not work: {}", compiler->description, said),
          compiler_remedy(*compiler)};
}

// Where Engine keeps compiled components; empty when the user has no home.
fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value == nullptr ? "" : value);
  };
  if (const fs::path cache = variable("XDG_CACHE_HOME"); !cache.empty()) {
    return cache / "capstan/components";
  }
  const fs::path home = variable("HOME");
  return home.empty() ? home : home / ".cache/capstan/components";
}

// The folder itself, or the nearest one above it that exists.
fs::path existing_part(fs::path path) {
  std::error_code error;
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

Check check_cache() {
  const std::string name = "cache of compiled components";
  const fs::path folder = cache_folder();
  if (folder.empty()) {
    return {name, State::missing, "neither XDG_CACHE_HOME nor HOME is set: nothing is cached",
            "export XDG_CACHE_HOME=<a folder>"};
  }
  const fs::path exists = existing_part(folder);
  struct stat facts = {};
  if (::stat(exists.c_str(), &facts) != 0 || ::access(exists.c_str(), W_OK | X_OK) != 0) {
    return {name, State::missing, fmt::format("'{}' cannot be written", exists.string()),
            fmt::format("sudo chown -R {} '{}'", ::geteuid(), exists.string())};
  }
  if (exists == folder && (facts.st_uid != ::geteuid() || (facts.st_mode & 0022) != 0)) {
    return {name, State::missing,
            fmt::format("'{}' is not this user's alone, and is not used", folder.string()),
            fmt::format("sudo chown {0} '{1}' && chmod 700 '{1}'", ::geteuid(), folder.string())};
  }
  std::uintmax_t bytes = 0;
  std::size_t files = 0;
  std::error_code error;
  for (fs::directory_iterator entries(folder, error), end; !error && entries != end;
       entries.increment(error)) {
    std::error_code gone;
    const auto size = entries->file_size(gone);
    if (gone) continue;
    bytes += size;
    ++files;
  }
  return {name, State::good,
          fmt::format("'{}', {} files, {:.1f} MiB", folder.string(), files,
                      static_cast<double>(bytes) / (1 << 20))};
}

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// A guest's memory is 4 GiB of addresses and guard pages, of which little is used.
constexpr rlim_t address_space_min = rlim_t{16} << 30;

Check check_address_space() {
  rlimit limit = {};
  ::getrlimit(RLIMIT_AS, &limit);
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < address_space_min) {
    return {"address space", State::broken,
            fmt::format("limited to {} MiB; every guest's memory reserves 4 GiB of addresses",
                        limit.rlim_cur >> 20),
            "ulimit -v unlimited"};
  }
  if (first_line("/proc/sys/vm/overcommit_memory") == "2") {
    return {"address space", State::missing,
            "the kernel counts reserved memory as used (vm.overcommit_memory is 2): few guests "
            "fit",
            "sudo sysctl vm.overcommit_memory=0"};
  }
  return {"address space", State::good, "not limited"};
}

Check check_machine() {
  utsname system = {};
  ::uname(&system);
  rlimit files = {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::string found =
      fmt::format("{} {} on {}, {} cores, {} memory mappings, {} open files", system.sysname,
                  system.release, system.machine, std::thread::hardware_concurrency(),
                  first_line("/proc/sys/vm/max_map_count"), files.rlim_cur);
  if (std::string_view(system.machine) == "x86_64") return {"machine", State::good, found};
  return {"machine", State::missing, found + "; tested on x86-64 only",
          "tell us what works: nobody has tried yet"};
}

Check check_cmake() {
  const std::string name = "CMake package";
  const auto cmake = find_program("cmake");
  if (!cmake) {
    return {name, State::missing,
            "there is no cmake, which projects of the kinds adapter and "
            "bundle need",
            "apt-get install cmake ninja-build g++"};
  }
  const fs::path prefix = own_path().parent_path().parent_path();
  std::error_code error;
  for (const char* lib : {"lib", "lib64", "lib/x86_64-linux-gnu"}) {
    const fs::path package = prefix / lib / "cmake/capstan/capstanConfig.cmake";
    if (fs::exists(package, error)) {
      return {name, State::good,
              fmt::format("find_package(capstan) works with "
                          "-DCMAKE_PREFIX_PATH={}",
                          prefix.string())};
    }
  }
  return {name, State::missing, "this capstan is not installed: find_package(capstan) needs that",
          "./dev install --prefix <folder>, in Capstan's checkout"};
}

// Whether a backend is in, and finds its libraries.
Check check_backend(const KnownModule& module) {
  const std::string name = fmt::format("backend {}", module.name);
  const auto loaded = load_module(module);
  if (loaded)
    return {name, State::good, fmt::format("loads, for addresses {}", (*loaded)->schemes)};
  std::error_code error;
  const bool installed =
      fs::exists(modules_folder() / fmt::format("libcapstan_backend_{}.so", module.name), error);
  return {name, State::missing, loaded.error().message(),
          installed ? fmt::format("apt-get install {}", module.packages)
                    : "build Capstan with it, or do without"};
}

}  // namespace

std::string_view name(Check::State state) {
  switch (state) {
    case State::good:
      return "good";
    case State::missing:
      return "missing";
    case State::broken:
      break;
  }
  return "broken";
}

std::vector<Check> check_health(const std::function<void(const Check&)>& done) {
  constexpr std::array<Check (*)(), 9> checks = {check_program,
                                                 check_engine,
                                                 check_toolchain,
                                                 check_address_space,
                                                 check_cache,
                                                 [] { return check_compiler(GuestLanguage::c); },
                                                 [] { return check_compiler(GuestLanguage::cpp); },
                                                 check_cmake,
                                                 check_machine};
  std::vector<Check> all;
  for (const auto& check : checks) {
    all.push_back(check());
    if (done) done(all.back());
  }
  for (const KnownModule& module : known_modules()) {
    all.push_back(check_backend(module));
    if (done) done(all.back());
  }
  return all;
}

}  // namespace capstan::platform
