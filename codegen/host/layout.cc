#include "layout.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::codegen::host {
namespace {

// Arguments from column `column` on, as many to a line as fit.
struct Packing {
  std::string text;
  std::size_t lines = 1;
  bool fits = true;
};

Packing pack(std::size_t column, const std::vector<std::string>& arguments, std::string_view tail) {
  Packing packing;
  std::size_t at = column;
  // What must fit behind the last argument: the tail up to its own first line break.
  const std::size_t tail_width = tail.substr(0, tail.find('\n')).size();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t width = arguments[i].size() + (i + 1 < arguments.size() ? 1 : tail_width);
    if (i > 0) {
      const bool stays = at + 1 + width <= columns_max;
      packing.text += stays ? " " : "\n" + std::string(column, ' ');
      packing.lines += stays ? 0 : 1;
      at = stays ? at + 1 : column;
    }
    packing.text += arguments[i];
    if (i + 1 < arguments.size()) packing.text += ',';
    at += width;
    packing.fits = packing.fits && at <= columns_max;
  }
  return packing;
}

// Column behind the last line of `text`, whose first line starts at `indent`.
std::size_t end_column(std::size_t indent, std::string_view text) {
  const auto line_break = text.rfind('\n');
  return line_break == std::string_view::npos ? indent + text.size() : text.size() - line_break - 1;
}

void append_comment_line(std::string& out, std::size_t indent, std::string_view line) {
  out.append(indent, ' ').append("//");
  if (!line.empty()) out.append(" ").append(line);
  // A backslash at the end would continue the comment into the code.
  if (line.ends_with('\\')) out += " .";
  out += '\n';
}

// One line of documentation: printable, without tabs, without space at its end.
std::string clean(std::string_view line) {
  std::string result;
  for (const char c : line) {
    if (c == '\t') {
      result += "  ";
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      result += c;
    }
  }
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

}  // namespace

std::string packed(std::size_t indent, std::string_view head,
                   const std::vector<std::string>& arguments, std::string_view tail,
                   Prefer prefer) {
  const std::size_t start = end_column(indent, head);
  const Packing aligned = pack(start, arguments, tail);
  if (arguments.empty() || (aligned.fits && aligned.lines == 1))
    return fmt::format("{}{}{}", head, aligned.text, tail);
  const Packing below = pack(indent + 4, arguments, tail);
  // Below the bracket costs one line more than it shows, except in front of inner braces.
  const bool braced_line =
      std::ranges::find(arguments, "{}") != arguments.end() && below.fits && below.lines == 1;
  const std::size_t saved = prefer == Prefer::behind_bracket ? 3 : 1;
  const bool behind = aligned.lines <= below.lines + saved;
  if (!braced_line && aligned.fits && behind)
    return fmt::format("{}{}{}", head, aligned.text, tail);
  return fmt::format("{}\n{:{}}{}{}", head, "", indent + 4, below.text, tail);
}

std::size_t lines_needed(std::size_t column, const std::vector<std::string>& arguments,
                         std::string_view tail) {
  return pack(column, arguments, tail).lines;
}

std::string function_head(std::size_t indent, std::string_view type, std::string_view name,
                          const std::vector<std::string>& parameters, std::string_view tail) {
  const std::string head = fmt::format("{} {}(", type, name);
  const std::size_t width = indent + head.size() + (parameters.empty() ? tail.size() : 0);
  if (width <= columns_max) return packed(indent, head, parameters, tail, Prefer::behind_bracket);
  const std::string_view ending = tail.substr(1);
  if (parameters.empty() && ending.starts_with(" const") && width - ending.size() <= columns_max)
    return fmt::format("{})\n{:{}}{}", head, "", indent + 4, ending.substr(1));
  return fmt::format(
      "{}\n{:{}}{}", type, "", indent,
      packed(indent, fmt::format("{}(", name), parameters, tail, Prefer::behind_bracket));
}

std::string braced(std::size_t indent, std::string_view head, const std::vector<std::string>& items,
                   std::string_view tail) {
  std::string text = fmt::format("{} {{\n", head);
  for (const std::string& item : items) text += fmt::format("{:{}}{},\n", "", indent + 4, item);
  return text + std::string(indent, ' ') + fmt::format("}}{}", tail);
}

std::string returning(std::size_t indent, std::string_view declaration, std::string_view value) {
  const std::string short_form = fmt::format("{} {{ return {}; }}", declaration, value);
  const bool one_line = short_form.find('\n') == std::string::npos;
  if (one_line && indent + short_form.size() <= columns_max) return short_form;
  const std::string space(indent, ' ');
  return fmt::format("{} {{\n{}  return {};\n{}}}", declaration, space, value, space);
}

std::string comment(std::size_t indent, std::string_view text) {
  std::string out;
  const std::size_t width = columns_max - indent - 3;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty()) {
    const auto line_break = text.find('\n');
    std::string line = clean(text.substr(0, line_break));
    text.remove_prefix(line_break == std::string_view::npos ? text.size() : line_break + 1);
    const auto first = line.find_first_not_of(' ');
    while (line.size() > width) {
      auto cut = line.rfind(' ', width);
      if (cut == std::string::npos || cut <= first) cut = line.find(' ', width);
      if (cut == std::string::npos) break;
      append_comment_line(out, indent, clean(std::string_view(line).substr(0, cut)));
      line.erase(0, line.find_first_not_of(' ', cut));
    }
    append_comment_line(out, indent, line);
  }
  return out;
}

std::string comment(std::size_t indent, const Notes& notes) {
  if (notes.deprecated.empty()) return comment(indent, notes.docs);
  const std::string deprecation = fmt::format("Deprecated since {}.", notes.deprecated);
  return comment(indent, notes.docs.empty() ? deprecation : notes.docs + "\n\n" + deprecation);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

}  // namespace capstan::codegen::host
