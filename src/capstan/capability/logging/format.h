// How a log message becomes a line.
//
//   human   Level::Info CONTEXT: MESSAGE
//           2026-11-25T16:30:00.125Z [COMPONENT] Level::Info CONTEXT: MESSAGE     with both options
//   json    {"time":"...","level":"info","component":"...","context":"...","message":"..."}
//
// What a guest says is always one line, and has nothing in it that moves a cursor or turns text
// around: it cannot pass for another guest's message, nor for one of Capstan's.
#pragma once

#include <capstan/capability/logging/logging.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace capstan::logging {

inline constexpr std::size_t context_bytes_max = 256;
inline constexpr std::size_t message_bytes_default = std::size_t{64} << 10;

enum class Format : std::uint8_t { human, json };

struct LineStyle {
  Format format = Format::human;
  bool timestamps = false;                                // of human lines; JSON has always one
  bool components = false;                                // the same
  std::size_t message_bytes_max = message_bytes_default;  // what is longer is cut, and says so
};

struct Message {
  Level level = Level::info;
  std::string_view component;
  std::string_view context;
  std::string_view text;
};

using Time = std::chrono::system_clock::time_point;

// With the end of the line.
[[nodiscard]] std::string format_line(const LineStyle& style, const Message& message, Time time);
// Says that messages are missing; no message of a guest looks like it.
[[nodiscard]] std::string format_dropped(const LineStyle& style, std::uint64_t count,
                                         std::uint64_t lines_per_second, Time time);

}  // namespace capstan::logging
