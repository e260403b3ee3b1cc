// The component toolchain (engine/toolchain) as C++ values: what owns a handle there is a class
// here, and every failure is an `Outcome` holding the toolchain's message.
//
// A `Wit` is immutable and may be read by several threads; everything else is plain data.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capstan/toolchain.h"

namespace capstan::codegen {

// A value, or why there is none: text for the person at the terminal.
template <typename T>
using Outcome = std::expected<T, std::string>;

// A file by name; `contents` may be binary.
struct File {
  std::string name;
  std::string contents;
};

// What to read, as the command line gives it. Paths are folders (with `deps/`), `.wit` files, or
// wasm binaries.
struct WitInput {
  std::vector<std::string> paths;
  std::vector<File> sources;  // read from memory instead, in addition to `paths`
  std::vector<std::string> features;
  bool all_features = false;
};

// Resolved WIT packages.
class Wit {
 public:
  [[nodiscard]] static Outcome<Wit> parse(const WitInput& input);

  // The whole of it as JSON; capstan/toolchain.h describes the form.
  [[nodiscard]] Outcome<std::string> json() const;

  // The world's index in that JSON. Empty text means the only world there is.
  [[nodiscard]] Outcome<std::uint32_t> select_world(std::string_view world) const;

  // The packages as one WIT text.
  [[nodiscard]] Outcome<std::string> print() const;

  // A component of that world whose exports trap.
  [[nodiscard]] Outcome<std::string> dummy_component(std::uint32_t world) const;

  // Every file that was read.
  [[nodiscard]] std::vector<std::string> files() const;

  [[nodiscard]] const capstan_toolchain_wit* get() const { return handle_.get(); }

 private:
  struct Delete {
    void operator()(capstan_toolchain_wit* wit) const { capstan_toolchain_wit_delete(wit); }
  };

  explicit Wit(capstan_toolchain_wit* handle) : handle_(handle) {}

  std::unique_ptr<capstan_toolchain_wit, Delete> handle_;
};

struct GuestBindings {
  capstan_toolchain_language language = CAPSTAN_TOOLCHAIN_LANGUAGE_C;
  capstan_toolchain_string_encoding string_encoding = CAPSTAN_TOOLCHAIN_STRING_UTF8;
};

// The files that a guest of `world` is compiled with, sorted by name.
[[nodiscard]] Outcome<std::vector<File>> guest_bindings(const Wit& wit, std::uint32_t world,
                                                        const GuestBindings& options);

struct Componentize {
  std::string_view module;
  const Wit* wit = nullptr;  // null: the module embeds its world
  std::uint32_t world = 0;
  capstan_toolchain_string_encoding string_encoding = CAPSTAN_TOOLCHAIN_STRING_UTF8;
  capstan_toolchain_adapter adapter = CAPSTAN_TOOLCHAIN_ADAPTER_AUTO;
};

// A core module as a component, validated.
[[nodiscard]] Outcome<std::string> componentize(const Componentize& options);

// Text format to binary; binary stays as it is. `name` is for messages.
[[nodiscard]] Outcome<std::string> wat_to_wasm(std::string_view name, std::string_view text);

// Checks a binary module or component.
[[nodiscard]] Outcome<void> validate(std::string_view wasm);

// What bytes are; see capstan/toolchain.h.
[[nodiscard]] Outcome<capstan_toolchain_file_kind> kind_of(std::string_view bytes);

// Who made a binary, as JSON; see capstan/toolchain.h.
[[nodiscard]] Outcome<std::string> producers_json(std::string_view wasm);

struct Composition {
  std::string component;
  std::string report_json;  // see capstan/toolchain.h
};

// Plugs the providers' exports into the app's imports. Files are binary components, their names are
// for the report and for messages.
[[nodiscard]] Outcome<Composition> compose(const File& app, const std::vector<File>& providers);

}  // namespace capstan::codegen
