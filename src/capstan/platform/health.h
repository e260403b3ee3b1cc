// `capstan doctor`: what works on this machine, and the command that mends what does not.
//
// Threads: any; takes seconds, since things are really tried.
#pragma once

#include <capstan/base/result.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

struct Check {
  // `missing` concerns only those who want that part; `broken` keeps Capstan from working.
  enum class State : std::uint8_t { good, missing, broken };
  std::string name;  // "engine", "guest compiler for C++"
  State state = State::good;
  std::string found;        // "wasm runs", "no clang-19, WASI_SDK_PATH or zig"
  std::string remedy = {};  // a command, or what to do; empty when good
};

// The state in words: "good".
[[nodiscard]] std::string_view name(Check::State state);

// Does every check; `done` is called after each.
[[nodiscard]] std::vector<Check> check_health(const std::function<void(const Check&)>& done);

}  // namespace capstan::platform
