// The C and C++ compiler for WebAssembly guests on this machine.
//
// Looked for in this order: the WASI SDK in WASI_SDK_PATH, clang 19 with the distribution's
// libraries for wasm32, zig. Threads: any.
#pragma once

#include <capstan/base/result.h>
#include <capstan/platform/process.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace capstan::platform {

struct GuestCompiler {
  enum class Kind : std::uint8_t { wasi_sdk, clang, zig };
  Kind kind = Kind::clang;
  std::string description;  // "clang-19 (/usr/bin/clang++-19)"
  CommandLine c;            // the compiler and its target
  CommandLine cpp;
};

// What to install when there is no compiler: one command line for Debian's package manager.
inline constexpr std::string_view guest_compiler_packages =
    "apt-get install clang-19 lld-19 libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc";

// The compiler to use; the error says what to install.
[[nodiscard]] Result<GuestCompiler> find_guest_compiler();

// Compiles and links a small program, to see that headers, libraries and linker are there too. The
// error holds what the compiler said.
enum class GuestLanguage : std::uint8_t { c, cpp };
[[nodiscard]] Result<void> try_guest_compiler(const GuestCompiler& compiler,
                                              GuestLanguage language);

}  // namespace capstan::platform
