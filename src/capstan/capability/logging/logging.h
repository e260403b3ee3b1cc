// Log messages of components, as Capstan sees them.
//
// What a backend implements and what wasi:logging (bind.h) is translated to. A component has a Log
// of its own, which knows whose messages these are; where they go is a Sink, which all components
// may share (sink.h). Logging never fails for the guest. Threads: a Log may be used from any number
// of threads.
#pragma once

#include <capstan/base/result.h>

#include <cstdint>
#include <string_view>

namespace capstan::logging {

enum class Level : std::uint8_t { trace, debug, info, warn, error, critical };

// "Trace", "Debug", ...
[[nodiscard]] std::string_view name(Level level);
// "trace", "debug", ...
[[nodiscard]] std::string_view lower_case_name(Level level);
[[nodiscard]] Result<Level> parse_level(std::string_view text);

class Log {
 public:
  virtual ~Log() = default;
  // `context` says which part of the program the message is about.
  virtual void log(Level level, std::string_view context, std::string_view message) = 0;
};

}  // namespace capstan::logging
