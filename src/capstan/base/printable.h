// Text of others, made safe to show on a terminal and in files of lines.
//
// What a guest or a file says may hold line ends, escape sequences and marks that turn the order of
// writing around; shown as it is, it could pass for somebody else's lines. Threads: any.
#pragma once

#include <string>
#include <string_view>

namespace capstan::base {

// The text in one line: what cannot be seen or does something is written as an escape, "\n",
// "\x1b", "\u{202e}", as are bytes that are not UTF-8. Everything else is as it was, backslashes
// too.
[[nodiscard]] std::string printable(std::string_view text);
void append_printable(std::string& out, std::string_view text);

// The longest beginning of at most `bytes` bytes that does not end within a character.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

}  // namespace capstan::base
