#include <capstan/platform/source.h>

#include <capstan/platform/manifest.h>
#include <capstan/platform/wasm_file.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace capstan::platform {
namespace {

// Larger than any component that could be compiled.
constexpr std::uint64_t file_bytes_max = std::uint64_t{2} << 30;

// A file descriptor that closes itself.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unexpected<Error> unreadable(const std::filesystem::path& path, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return fail(ErrorCode::io, fmt::format("there is no file '{}'", path.string()));
  return fail(ErrorCode::io,
              fmt::format("'{}' cannot be read: {}", path.string(), std::strerror(error)));
}

// Pipes and the like have no size beforehand: reads until the end.
Result<Wasm> read_file(const std::filesystem::path& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return unreadable(path, errno);
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0) return unreadable(path, errno);
  Wasm bytes;
  std::size_t used = 0;
  bytes.resize(facts.st_size > 0 ? static_cast<std::size_t>(facts.st_size) + 1 : 64 * 1024);
  while (true) {
    const ssize_t got = ::read(file.get(), bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > file_bytes_max)
      return fail(ErrorCode::io,
                  fmt::format("'{}' is larger than {} bytes", path.string(), file_bytes_max));
    if (used == bytes.size()) bytes.resize(bytes.size() * 2);
  }
  bytes.resize(used);
  return bytes;
}

// What to say about a file that is nothing to run.
std::string_view complaint(FileKind kind) {
  switch (kind) {
    case FileKind::empty:
      return "is empty: build the component again";
    case FileKind::truncated:
      return "ends in the middle: copy or build it again";
    case FileKind::other_wasm:
      return "is WebAssembly of an unknown version";
    case FileKind::wit_package:
      return "is a WIT package, which describes interfaces and has no code: run a component that "
             "implements them";
    case FileKind::wit:
      return "is a WIT text, which describes interfaces and has no code: run a component that "
             "implements them";
    case FileKind::precompiled:
      return "is precompiled, native code that runs with your rights: give --allow-precompiled if "
             "you trust it like a program of your own";
    case FileKind::elf:
      return "is a native program or library, not WebAssembly: build it for wasm32-wasip2";
    case FileKind::script:
      return "is a script, not WebAssembly";
    case FileKind::archive:
      return "is an archive: unpack it first";
    case FileKind::html:
      return "is a web page, not WebAssembly: the download most likely failed";
    default:
      return "is neither WebAssembly nor its text format";
  }
}

std::unexpected<Error> refuse(const std::filesystem::path& path, FileKind kind) {
  return fail(ErrorCode::not_loadable, fmt::format("'{}' {}", path.string(), complaint(kind)));
}

Result<Wasm> component_of_module(const std::filesystem::path& path, const Wasm& module) {
  const auto exports = module_exports(module);
  if (std::ranges::find(exports, "_start") == exports.end() && !embeds_world(module))
    return fail(ErrorCode::not_loadable,
                fmt::format("'{}' is a core module that neither exports _start nor says which "
                            "world it is for: build it as a command, or make it a component with "
                            "`capstan componentize --wit`",
                            path.string()));
  auto component = componentize(module);
  if (!component)
    return std::unexpected(std::move(component).error().with_context(
        fmt::format("'{}' is a core module that cannot be made a component", path.string())));
  return component;
}

Result<Wasm> to_component(const std::filesystem::path& path, Wasm bytes) {
  FileKind kind = file_kind(bytes);
  if (kind == FileKind::wat) {
    CAPSTAN_TRY(bytes, wat_to_wasm(path.string(), bytes));
    kind = file_kind(bytes);
  }
  if (kind == FileKind::module) return component_of_module(path, bytes);
  if (kind != FileKind::component) return refuse(path, kind);
  return bytes;
}

Result<Source> read_single_file(const std::filesystem::path& path, Precompiled precompiled) {
  Source source;
  source.name = path.filename().string();
  CAPSTAN_TRY(Wasm bytes, read_file(path));
  if (precompiled == Precompiled::allowed && file_kind(bytes) == FileKind::precompiled) {
    source.precompiled = path;
    return source;
  }
  CAPSTAN_TRY(source.component, to_component(path, std::move(bytes)));
  return source;
}

}  // namespace

Result<Source> read_source(const std::filesystem::path& path, Precompiled precompiled) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return read_single_file(path, precompiled);

  const std::filesystem::path file = path / manifest_file_name;
  if (!std::filesystem::exists(file, ignored))
    return fail(ErrorCode::io, fmt::format("the folder '{}' has no {}: name a component, or make "
                                           "a project with `capstan new`",
                                           path.string(), manifest_file_name));
  CAPSTAN_TRY(Manifest manifest, read_manifest(file));
  auto source = read_single_file(manifest.source, precompiled);
  if (!source) return std::unexpected(std::move(source).error().with_context(file.string()));
  source->name = std::move(manifest.name);
  source->settings = std::move(manifest.run);
  return source;
}

}  // namespace capstan::platform
