// Every subcommand of `capstan`, in the order of `capstan --help`.
#pragma once

#include <capstan/cli/command.h>

namespace capstan::cli {

void define_run(CLI::App& app, Session& session);
void define_inspect(CLI::App& app, Session& session);
void define_bundle(CLI::App& app, Session& session);

}  // namespace capstan::cli
