#include "names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace capstan::codegen::host {
namespace {

// ASCII only, as WIT names are; the C library's functions depend on the locale.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
bool is_alphanumeric(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

constexpr std::array keywords = std::to_array<std::string_view>({
    "alignas",       "alignof",     "and",
    "and_eq",        "asm",         "auto",
    "bitand",        "bitor",       "bool",
    "break",         "case",        "catch",
    "char",          "char16_t",    "char32_t",
    "char8_t",       "class",       "co_await",
    "co_return",     "co_yield",    "compl",
    "concept",       "const",       "const_cast",
    "consteval",     "constexpr",   "constinit",
    "continue",      "decltype",    "default",
    "delete",        "do",          "double",
    "dynamic_cast",  "else",        "enum",
    "explicit",      "export",      "extern",
    "false",         "float",       "for",
    "friend",        "goto",        "if",
    "inline",        "int",         "long",
    "mutable",       "namespace",   "new",
    "noexcept",      "not",         "not_eq",
    "nullptr",       "operator",    "or",
    "or_eq",         "private",     "protected",
    "public",        "register",    "reinterpret_cast",
    "requires",      "return",      "short",
    "signed",        "sizeof",      "static",
    "static_assert", "static_cast", "struct",
    "switch",        "template",    "this",
    "thread_local",  "throw",       "true",
    "try",           "typedef",     "typeid",
    "typename",      "typeof",      "union",
    "unsigned",      "using",       "virtual",
    "void",          "volatile",    "wchar_t",
    "while",         "xor",         "xor_eq",
});

// Lower-case macros of the C library and of compilers in their GNU mode.
constexpr std::array macros = std::to_array<std::string_view>({
    "alloca",   "assert",   "errno",    "htonl",    "htons", "i386",     "linux",
    "major",    "makedev",  "minor",    "ntohl",    "ntohs", "offsetof", "setjmp",
    "st_atime", "st_ctime", "st_mtime", "stderr",   "stdin", "stdout",   "unix",
    "va_arg",   "va_copy",  "va_end",   "va_start",
});

}  // namespace

std::string snake(std::string_view name) {
  std::string result;
  for (const char c : name) result += c == '-' ? '_' : lower(c);
  return result;
}

std::string title(std::string_view name) {
  std::string result;
  bool starts_word = true;
  for (const char c : name) {
    if (c != '-') result += starts_word ? upper(c) : lower(c);
    starts_word = c == '-';
  }
  return result;
}

bool is_taken(std::string_view name) {
  return std::ranges::find(keywords, name) != keywords.end() ||
         std::ranges::find(macros, name) != macros.end();
}

std::string identifier(std::string_view name) {
  std::string result = snake(name);
  if (is_taken(result)) result += '_';
  return result;
}

std::string namespace_segment(std::string_view name, std::string_view root) {
  std::string result = identifier(name);
  if (result == "std" || result == "capstan" || result == root) result += '_';
  return result;
}

std::string version_suffix(std::string_view version) {
  std::string result;
  for (const char c : version) {
    const bool keep = is_alphanumeric(c);
    if (keep) {
      result += lower(c);
    } else if (!result.ends_with('_')) {
      result += '_';
    }
  }
  while (result.ends_with('_')) result.pop_back();
  return result;
}

std::string NameSet::claim(std::string_view wanted) {
  std::string name(wanted);
  if (!taken_.contains(name)) return *taken_.insert(name).first;
  if (!name.ends_with('_')) name += '_';
  const std::string stem = name;
  for (int number = 2; taken_.contains(name); ++number) name = fmt::format("{}{}", stem, number);
  return *taken_.insert(name).first;
}

}  // namespace capstan::codegen::host
