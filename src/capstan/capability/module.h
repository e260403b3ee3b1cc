// Backend modules: what a service's backend looks like as a shared library.
//
// A backend that needs a client library is not linked into the command. It is built as
// libcapstan_backend_<name>.so, loaded when an address names it (platform/backend_modules.h), and
// exports one C function, `capstan_backend_module`, that gives this structure. It is part of
// Capstan and not a way to extend it: types of C++ cross, so that both sides must be the same
// build, which `build` makes sure of. Host bundles (capstan/bundle.h) are for everybody else.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace capstan {

namespace keyvalue {
class Store;
}

namespace capability {

// How a module opens one kind of store; it must not throw. The error names what to look at.
template <typename Store>
using OpenFunction = Result<std::shared_ptr<Store>> (*)(const Url& url);

// What comes first never changes, so that any two builds can tell that they differ.
struct BackendModule {
  std::uint32_t struct_size;  // of the module's own build
  std::uint32_t version;
  const char* build;    // module_build() of the module
  const char* name;     // "redis"
  const char* schemes;  // of addresses, with a space between: "redis rediss"

  // One function for each capability that it can serve; null for the others.
  OpenFunction<keyvalue::Store> keyvalue;
};

inline constexpr std::uint32_t backend_module_version = 1;

// Names this build of Capstan: a digest of every header whose types cross, of the compiler and of
// its options. Modules keep what it was when they were compiled.
[[nodiscard]] const char* module_build();

}  // namespace capability
}  // namespace capstan

// What a module exports, under the name `capstan_backend_module`.
extern "C" {
using CapstanBackendModuleFunction = const capstan::capability::BackendModule*();
}
