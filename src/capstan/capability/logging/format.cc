#include <capstan/capability/logging/format.h>

#include <capstan/base/printable.h>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace capstan::logging {
namespace {

std::string timestamp(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), rest.count());
}

// A context that was cut ends so.
constexpr std::string_view cut_mark = "...";

std::string human_line(const LineStyle& style, const Message& message, Time time) {
  std::string line = style.timestamps ? timestamp(time) + ' ' : std::string();
  if (style.components) {
    line += '[';
    base::append_printable(line, message.component);
    line += "] ";
  }
  fmt::format_to(std::back_inserter(line), "Level::{} ", name(message.level));
  base::append_printable(line, base::utf8_prefix(message.context, context_bytes_max));
  if (message.context.size() > context_bytes_max) line += cut_mark;
  line += ": ";
  const std::string_view text = base::utf8_prefix(message.text, style.message_bytes_max);
  base::append_printable(line, text);
  if (text.size() < message.text.size())
    fmt::format_to(std::back_inserter(line), "... ({} more bytes)",
                   message.text.size() - text.size());
  line += '\n';
  return line;
}

using Json = nlohmann::ordered_json;

// Everything but ASCII is escaped: a terminal may show it.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace) + '\n';
}

std::string json_line(const LineStyle& style, const Message& message, Time time) {
  const std::string_view text = base::utf8_prefix(message.text, style.message_bytes_max);
  std::string context(base::utf8_prefix(message.context, context_bytes_max));
  if (context.size() < message.context.size()) context += cut_mark;
  Json json = {{"time", timestamp(time)},
               {"level", lower_case_name(message.level)},
               {"component", message.component},
               {"context", context},
               {"message", text}};
  if (text.size() < message.text.size()) json["bytes_cut"] = message.text.size() - text.size();
  return dump(json);
}

}  // namespace

std::string format_line(const LineStyle& style, const Message& message, Time time) {
  return style.format == Format::json ? json_line(style, message, time)
                                      : human_line(style, message, time);
}

std::string format_dropped(const LineStyle& style, std::uint64_t count,
                           std::uint64_t lines_per_second, Time time) {
  const std::string sentence =
      fmt::format("{} log {} dropped: there were more than {} a second", count,
                  count == 1 ? "message was" : "messages were", lines_per_second);
  if (style.format == Format::json)
    return dump({{"time", timestamp(time)},
                 {"level", "warn"},
                 {"messages_dropped", count},
                 {"message", sentence}});
  return fmt::format("{}capstan: {}\n", style.timestamps ? timestamp(time) + ' ' : "", sentence);
}

}  // namespace capstan::logging
