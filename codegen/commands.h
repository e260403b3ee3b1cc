// The subcommands of `capstan-bindgen` except `host`, without their command line: that is in
// command_line.h.
#pragma once

#include <string>

#include "toolchain.h"

namespace capstan::codegen {

// `guest`: bindings that a component is compiled with.
struct GuestOptions {
  WitInput wit;
  std::string world;  // empty: the only one
  GuestBindings bindings;
  std::string output_folder;
  std::string depfile;  // empty: none
};
[[nodiscard]] Outcome<void> run_guest(const GuestOptions& options);

// `component`: a core module to a component.
struct ComponentOptions {
  std::string module_path;
  WitInput wit;  // no paths: the module embeds its world
  std::string world;
  capstan_toolchain_string_encoding string_encoding = CAPSTAN_TOOLCHAIN_STRING_UTF8;
  capstan_toolchain_adapter adapter = CAPSTAN_TOOLCHAIN_ADAPTER_AUTO;
  std::string output_path;
};
[[nodiscard]] Outcome<void> run_component(const ComponentOptions& options);

// `dummy`: a component of a world, whose exports trap.
struct DummyOptions {
  WitInput wit;
  std::string world;
  std::string output_path;
};
[[nodiscard]] Outcome<void> run_dummy(const DummyOptions& options);

// `wit`: prints the WIT of a package or component; as JSON for other programs.
struct PrintOptions {
  WitInput wit;
  bool json = false;
};
[[nodiscard]] Outcome<void> run_wit(const PrintOptions& options);

// `wat`: text format to binary.
struct WatOptions {
  std::string text_path;
  std::string output_path;
};
[[nodiscard]] Outcome<void> run_wat(const WatOptions& options);

// `validate`: checks a binary module or component.
[[nodiscard]] Outcome<void> run_validate(const std::string& path);

}  // namespace capstan::codegen
