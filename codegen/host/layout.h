// Text in the shape clang-format gives it: 100 columns, two spaces, arguments packed.
//
// Emitters build declarations as a head, a list of arguments and a tail; where the line breaks fall
// is decided here alone, so that the output needs no formatter afterwards.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../model.h"

namespace capstan::codegen::host {

inline constexpr std::size_t columns_max = 100;

// Where arguments go that need more than one line. Parameters of a declaration stay behind the
// bracket more readily; arguments of a call move below it as soon as that saves lines.
enum class Prefer : std::uint8_t { few_lines, behind_bracket };

// `head(arg, arg)tail`, on one line if it fits. `head` ends with its open bracket, `tail` begins
// with the closing one. No indentation before the first line, no line break at the end.
[[nodiscard]] std::string packed(std::size_t indent, std::string_view head,
                                 const std::vector<std::string>& arguments, std::string_view tail,
                                 Prefer prefer = Prefer::few_lines);

// How many lines packed() needs for arguments that begin at `column`.
[[nodiscard]] std::size_t lines_needed(std::size_t column,
                                       const std::vector<std::string>& arguments,
                                       std::string_view tail);

// `type name(parameters)tail`: packed(), or with the type on a line of its own if it is that long.
[[nodiscard]] std::string function_head(std::size_t indent, std::string_view type,
                                        std::string_view name,
                                        const std::vector<std::string>& parameters,
                                        std::string_view tail);

// `head {` with one item a line and a comma after each; `tail` follows the closing brace. Items of
// several lines bring the indentation of all but their first.
[[nodiscard]] std::string braced(std::size_t indent, std::string_view head,
                                 const std::vector<std::string>& items, std::string_view tail);

// `declaration { return value; }`: on one line, or with the body on a line of its own.
[[nodiscard]] std::string returning(std::size_t indent, std::string_view declaration,
                                    std::string_view value);

// Documentation as `//` lines, each indented and with a line break; empty without documentation.
[[nodiscard]] std::string comment(std::size_t indent, const Notes& notes);
[[nodiscard]] std::string comment(std::size_t indent, std::string_view text);

// A C++ string literal.
[[nodiscard]] std::string quoted(std::string_view text);

// "a, b, c"
[[nodiscard]] std::string joined(const std::vector<std::string>& parts);

}  // namespace capstan::codegen::host
