// The command line of the generators as data: each function declares one subcommand with its
// options. `capstan-bindgen` and `capstan` share them, so that an option is declared once.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "toolchain.h"

namespace capstan::codegen {

// Called after the subcommand has worked, with what came of it.
using Done = std::function<void(const Outcome<void>&)>;

// How one program offers a subcommand.
struct Subcommand {
  std::string name;
  std::string description;
};

// WIT to C++ host bindings.
CLI::App* define_host(CLI::App& app, const Subcommand& as, const Done& done);
// WIT to guest bindings; `language` is used when the command line says none.
CLI::App* define_guest(CLI::App& app, const Subcommand& as, capstan_toolchain_language language,
                       const Done& done);
// A core module to a component.
CLI::App* define_component(CLI::App& app, const Subcommand& as, const Done& done);
CLI::App* define_dummy(CLI::App& app, const Subcommand& as, const Done& done);
CLI::App* define_wit(CLI::App& app, const Subcommand& as, const Done& done);
CLI::App* define_wat(CLI::App& app, const Subcommand& as, const Done& done);
CLI::App* define_validate(CLI::App& app, const Subcommand& as, const Done& done);

}  // namespace capstan::codegen
