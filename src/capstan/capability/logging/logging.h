// Log messages of components, as Capstan sees them.
//
// What a backend implements and what wasi:logging (bind.h) is translated to. Threads: a Log may be
// used from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace capstan::logging {

enum class Level : std::uint8_t { trace, debug, info, warn, error, critical };

// "Trace", "Debug", ...
[[nodiscard]] std::string_view name(Level level);

class Log {
 public:
  virtual ~Log() = default;
  // `context` says which part of the program the message is about.
  virtual void log(Level level, std::string_view context, std::string_view message) = 0;
};

// The line that stream backends write: "Level::Info CONTEXT: MESSAGE".
[[nodiscard]] std::string format_line(Level level, std::string_view context,
                                      std::string_view message);

// Writes a line for each message, in one piece, to an open file descriptor, which must outlive it.
[[nodiscard]] std::shared_ptr<Log> make_stream_log(int descriptor);
// Drops everything.
[[nodiscard]] std::shared_ptr<Log> make_silent_log();

}  // namespace capstan::logging
