// Every subcommand of `capstan`, in the order of `capstan --help`.
#pragma once

#include <capstan/cli/command.h>

namespace capstan::cli {

void define_run(CLI::App& app, Session& session);
void define_component_run(CLI::App& app, Session& session);  // `capstan component run`
void define_inspect(CLI::App& app, Session& session);
void define_new(CLI::App& app, Session& session);
void define_build(CLI::App& app, Session& session);
void define_componentize(CLI::App& app, Session& session);
void define_compose(CLI::App& app, Session& session);
void define_compile(CLI::App& app, Session& session);
void define_bindgen(CLI::App& app, Session& session);
void define_bundle(CLI::App& app, Session& session);
void define_vault(CLI::App& app, Session& session);
void define_doctor(CLI::App& app, Session& session);
void define_completion(CLI::App& app, Session& session);
void define_man(CLI::App& app, Session& session);

}  // namespace capstan::cli
