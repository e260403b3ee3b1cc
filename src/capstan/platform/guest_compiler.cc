#include <capstan/platform/guest_compiler.h>

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

#include <capstan/platform/temporary_folder.h>

namespace capstan::platform {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<GuestCompiler> wasi_sdk(const fs::path& given) {
  std::error_code error;
  const fs::path sdk = fs::absolute(given, error).lexically_normal();
  for (const char* part : {"bin/clang", "bin/clang++", "share/wasi-sysroot"}) {
    if (!fs::exists(sdk / part, error)) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("WASI_SDK_PATH is '{}', but there is no '{}'; correct it, or unset "
                              "it to use another compiler",
                              given.string(), (sdk / part).string()));
    }
  }
  const std::string sysroot = fmt::format("--sysroot={}", (sdk / "share/wasi-sysroot").string());
  const std::string target = "--target=wasm32-wasip1";
  return GuestCompiler{.kind = GuestCompiler::Kind::wasi_sdk,
                       .description = fmt::format("WASI SDK ({})", sdk.string()),
                       .c = {sdk / "bin/clang", target, sysroot},
                       .cpp = {sdk / "bin/clang++", target, sysroot}};
}

std::optional<GuestCompiler> clang() {
  const auto c = find_program("clang-19");
  const auto cpp = find_program("clang++-19");
  if (!c || !cpp) return std::nullopt;
  return GuestCompiler{.kind = GuestCompiler::Kind::clang,
                       .description = fmt::format("clang-19 ({})", cpp->string()),
                       .c = {*c, "--target=wasm32-wasi"},
                       .cpp = {*cpp, "--target=wasm32-wasi"}};
}

// The Python package `ziglang` calls it `python-zig`.
std::optional<GuestCompiler> zig() {
  for (const char* name : {"zig", "python-zig"}) {
    if (const auto program = find_program(name)) {
      return GuestCompiler{.kind = GuestCompiler::Kind::zig,
                           .description = fmt::format("zig ({})", program->string()),
                           .c = {*program, "cc", "--target=wasm32-wasi"},
                           .cpp = {*program, "c++", "--target=wasm32-wasi"}};
    }
  }
  return std::nullopt;
}

constexpr std::string_view c_program =
    "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n";
constexpr std::string_view cpp_program =
    "#include <cstdio>\n#include <string>\n"
    "int main(int count, char**) { return std::puts(std::string(count, 'x').c_str()) < 0; }\n";

}  // namespace

Result<GuestCompiler> find_guest_compiler() {
  if (const std::string sdk = environment("WASI_SDK_PATH"); !sdk.empty()) return wasi_sdk(sdk);
  if (auto found = clang()) return *std::move(found);
  if (auto found = zig()) return *std::move(found);
  return fail(ErrorCode::io,
              fmt::format("there is no compiler for WebAssembly; on Debian: {}. Elsewhere, set "
                          "WASI_SDK_PATH to a WASI SDK, or put zig into PATH",
                          guest_compiler_packages));
}

Result<void> try_guest_compiler(const GuestCompiler& compiler, GuestLanguage language) {
  CAPSTAN_TRY(const auto folder, TemporaryFolder::create());
  const bool is_cpp = language == GuestLanguage::cpp;
  const fs::path source = folder.path() / (is_cpp ? "hello.cc" : "hello.c");
  std::ofstream(source) << (is_cpp ? cpp_program : c_program);
  CommandLine command = is_cpp ? compiler.cpp : compiler.c;
  command.insert(command.end(), {source, "-o", folder.path() / "hello.wasm"});
  if (is_cpp) command.insert(command.end(), {"-fno-exceptions"});
  CAPSTAN_TRY(const auto result, run_process(command, folder.path()));
  if (result.exit_status == 0) return {};
  return fail(ErrorCode::io, result.output);
}

}  // namespace capstan::platform
