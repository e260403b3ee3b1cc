// Every subcommand of `capstan`, in the order of `capstan --help`.
#pragma once

#include <capstan/cli/command.h>

namespace capstan::cli {

void define_bundle(CLI::App& app, Session& session);

}  // namespace capstan::cli
