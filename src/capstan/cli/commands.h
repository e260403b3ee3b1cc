// Every subcommand of `capstan`, in the order of `capstan --help`.
#pragma once

#include <capstan/cli/command.h>

namespace capstan::cli {

}  // namespace capstan::cli
