// The values of options, as text: what `--timeout 2s`, `--max-memory 64MiB` or `--dir data,rw`
// mean.
//
// The command line and capstan.toml share these readers. Each takes the text alone; whoever calls
// adds which option it was. Errors are ErrorCode::invalid_argument and say what to write instead.
#pragma once

#include <capstan/base/quantity.h>
#include <capstan/base/result.h>
#include <capstan/host/wasi.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace capstan::platform {

// Times, sizes and counts.
using base::parse_bytes;
using base::parse_count;
using base::parse_duration_ms;

// "KEY=VALUE"; the value may be empty and may contain '='.
[[nodiscard]] Result<std::pair<std::string, std::string>> parse_pair(std::string_view text);

// "KEY=VALUE", or "KEY" for the value it has in this process.
[[nodiscard]] Result<std::pair<std::string, std::string>> parse_environment(std::string_view text);

// "KEY=NAME", or "KEY" if the variable is called the same: the key with the value that the variable
// has in this process.
[[nodiscard]] Result<std::pair<std::string, std::string>> parse_config_environment(
    std::string_view text);

// "HOST", "HOST::GUEST", and either with ",rw" or ",ro" at the end. Without GUEST the guest calls
// it as the host does. The last "::" divides, so HOST may contain anything.
[[nodiscard]] Result<wasi::Directory> parse_directory(std::string_view text);

// "HOST:PORT", "[::1]:80", and "*" for every port; gives the text back.
[[nodiscard]] Result<std::string> parse_address(std::string_view text);

}  // namespace capstan::platform
