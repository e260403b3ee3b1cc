// Loads libcapstan_toolchain.so when its first function is called.
//
// Most runs need none of it, and mapping and relocating it takes a good part of the time in which
// `capstan run` is done with a small component. This file is part of the program only and defines
// every function of toolchain.h as a call of the same function in the library; a function that is
// forgotten here links the library again (tests/cli notices).
#pragma GCC visibility push(hidden)  // so that the library does not take these for its own
#include <capstan/toolchain.h>
#pragma GCC visibility pop

#include <capstan/platform/exit_status.h>

#include <fmt/format.h>

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>

namespace {

// There is no error to return before the library is there, and no way to go on without it.
[[noreturn]] void installation_is_broken() {
  const char* reason = dlerror();
  fmt::print(stderr,
             "capstan: the component toolchain cannot be loaded ({}): install Capstan again\n",
             reason == nullptr ? "no reason given" : reason);
  std::fflush(nullptr);
  _exit(static_cast<int>(capstan::platform::ExitStatus::not_runnable));
}

void* symbol(const char* name) {
  static void* const library = [] {
    void* opened = dlopen("libcapstan_toolchain.so", RTLD_NOW | RTLD_LOCAL);
    if (opened == nullptr) installation_is_broken();
    return opened;
  }();
  void* const found = dlsym(library, name);
  if (found == nullptr) installation_is_broken();
  return found;
}

}  // namespace

#define CAPSTAN_FORWARD(result, name, parameters, arguments)                       \
  result name parameters {                                                         \
    static const auto function = reinterpret_cast<decltype(&name)>(symbol(#name)); \
    return function arguments;                                                     \
  }

using Error = capstan_toolchain_error;
using Text = capstan_toolchain_text;
using Bytes = capstan_toolchain_bytes;
using Buffer = capstan_toolchain_buffer;
using Wit = capstan_toolchain_wit;
using Files = capstan_toolchain_files;

CAPSTAN_FORWARD(void, capstan_toolchain_buffer_delete, (Buffer * buffer), (buffer))
CAPSTAN_FORWARD(Text, capstan_toolchain_error_message, (const Error* error), (error))
CAPSTAN_FORWARD(void, capstan_toolchain_error_delete, (Error * error), (error))

CAPSTAN_FORWARD(Error*, capstan_toolchain_parse_wit,
                (const capstan_toolchain_wit_options* options, Wit** wit), (options, wit))
CAPSTAN_FORWARD(void, capstan_toolchain_wit_delete, (Wit * wit), (wit))
CAPSTAN_FORWARD(Error*, capstan_toolchain_wit_json, (const Wit* wit, Buffer* json), (wit, json))
CAPSTAN_FORWARD(size_t, capstan_toolchain_wit_file_count, (const Wit* wit), (wit))
CAPSTAN_FORWARD(Text, capstan_toolchain_wit_file, (const Wit* wit, size_t index), (wit, index))
CAPSTAN_FORWARD(Error*, capstan_toolchain_select_world,
                (const Wit* wit, Text name, uint32_t* world), (wit, name, world))
CAPSTAN_FORWARD(Error*, capstan_toolchain_print_wit, (const Wit* wit, Buffer* text), (wit, text))

CAPSTAN_FORWARD(Error*, capstan_toolchain_guest_bindings,
                (const capstan_toolchain_guest_options* options, Files** files), (options, files))
CAPSTAN_FORWARD(size_t, capstan_toolchain_files_count, (const Files* files), (files))
CAPSTAN_FORWARD(Text, capstan_toolchain_files_name, (const Files* files, size_t index),
                (files, index))
CAPSTAN_FORWARD(Bytes, capstan_toolchain_files_contents, (const Files* files, size_t index),
                (files, index))
CAPSTAN_FORWARD(void, capstan_toolchain_files_delete, (Files * files), (files))

CAPSTAN_FORWARD(Error*, capstan_toolchain_componentize,
                (const capstan_toolchain_componentize_options* options, Buffer* component),
                (options, component))
CAPSTAN_FORWARD(Error*, capstan_toolchain_dummy_component,
                (const Wit* wit, uint32_t world, Buffer* component), (wit, world, component))
CAPSTAN_FORWARD(Error*, capstan_toolchain_wat, (Text name, Bytes text, Buffer* wasm),
                (name, text, wasm))
CAPSTAN_FORWARD(Error*, capstan_toolchain_validate, (Bytes wasm), (wasm))
CAPSTAN_FORWARD(Error*, capstan_toolchain_producers_json, (Bytes wasm, Buffer* json), (wasm, json))
CAPSTAN_FORWARD(Error*, capstan_toolchain_kind, (Bytes bytes, capstan_toolchain_file_kind* kind),
                (bytes, kind))
CAPSTAN_FORWARD(Error*, capstan_toolchain_compose,
                (const capstan_toolchain_compose_options* options, Buffer* component,
                 Buffer* report),
                (options, component, report))
