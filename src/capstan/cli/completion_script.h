// Scripts that make a shell complete command lines of `capstan`.
#pragma once

#include <capstan/cli/outline.h>

#include <string>

namespace capstan::cli {

[[nodiscard]] std::string bash_completion(const CommandOutline& program);
[[nodiscard]] std::string zsh_completion(const CommandOutline& program);
[[nodiscard]] std::string fish_completion(const CommandOutline& program);

}  // namespace capstan::cli
