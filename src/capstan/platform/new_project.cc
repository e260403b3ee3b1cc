#include <capstan/platform/new_project.h>

#include <capstan/platform/embedded.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <codegen/files.h>

namespace capstan::platform {
namespace {

namespace fs = std::filesystem;

// Words that C, C++ or WIT keep for themselves: a project's name becomes a namespace and a world.
// Those that only start with an upper-case letter or hold an underscore cannot be asked for.
constexpr std::array reserved = {
    "alignas",   "alignof",  "and",     "as",        "asm",      "async",    "auto",
    "bitand",    "bitor",    "bool",    "borrow",    "break",    "capstan",  "case",
    "catch",     "char",     "class",   "compl",     "concept",  "const",    "consteval",
    "continue",  "decltype", "default", "delete",    "do",       "double",   "else",
    "enum",      "explicit", "export",  "exports",   "extern",   "f32",      "f64",
    "false",     "flags",    "float",   "for",       "friend",   "from",     "func",
    "future",    "goto",     "if",      "import",    "include",  "inline",   "int",
    "interface", "list",     "long",    "main",      "map",      "mutable",  "namespace",
    "new",       "noexcept", "not",     "nullptr",   "operator", "option",   "or",
    "own",       "package",  "private", "protected", "public",   "record",   "register",
    "requires",  "resource", "result",  "return",    "s16",      "s32",      "s64",
    "s8",        "short",    "signed",  "sizeof",    "static",   "std",      "stream",
    "string",    "struct",   "switch",  "template",  "this",     "throw",    "true",
    "try",       "tuple",    "type",    "typedef",   "typeid",   "typename", "u16",
    "u32",       "u64",      "u8",      "union",     "unsigned", "use",      "using",
    "variant",   "virtual",  "void",    "volatile",  "wasi",     "while",    "wit",
    "with",      "world",    "xor"};

constexpr std::size_t name_size_max = 64;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Words of lower-case letters and digits with single dashes between them, each beginning with a
// letter: what WIT takes as a name.
bool is_kebab(std::string_view name) {
  char before = '-';
  for (const char c : name) {
    if (before == '-' ? !is_lower(c) : !is_lower(c) && !is_digit(c) && c != '-') return false;
    before = c;
  }
  return before != '-';
}

// The name as somebody might have meant it: "My Host_2" is "my-host-2", or empty.
std::string as_kebab(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool starts_word = result.empty() || result.ends_with('-');
    if (is_lower(lower) || (is_digit(lower) && !starts_word)) {
      result += lower;
    } else if (!starts_word) {
      result += '-';
    }
  }
  while (result.ends_with('-')) result.pop_back();
  return result.substr(0, name_size_max);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

std::string snake(std::string_view name) {
  std::string result(name);
  std::ranges::replace(result, '-', '_');
  return result;
}

// my-host becomes MyHost.
std::string title(std::string_view name) {
  std::string result;
  bool upper = true;
  for (const char c : name) {
    if (c != '-') result += upper && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '-';
  }
  return result;
}

std::string_view template_of(const NewProject& project) {
  const bool is_c = project.language == GuestLanguage::c;
  switch (project.kind) {
    case ProjectKind::component:
      return is_c ? "templates/component-c/" : "templates/component-cpp/";
    case ProjectKind::http:
      return is_c ? "templates/http-c/" : "templates/http-cpp/";
    case ProjectKind::adapter:
      return "templates/adapter/";
    case ProjectKind::bundle:
      break;
  }
  return "templates/bundle/";
}

std::vector<codegen::File> files_of(const NewProject& project, std::string_view name) {
  const std::string_view prefix = template_of(project);
  constexpr std::string_view wit = "wit/wasi-0.2/";
  std::vector<codegen::File> files;
  for (const EmbeddedFile& file : embedded_files()) {
    if (project.kind == ProjectKind::http && file.path.starts_with(wit)) {
      files.push_back(
          {fmt::format("wit/deps/{}", file.path.substr(wit.size())), std::string(file.contents)});
    }
    if (!file.path.starts_with(prefix)) continue;
    std::string path(file.path.substr(prefix.size()));
    // `.in` keeps a template from being taken for a source of ours.
    if (path.ends_with(".in")) path.resize(path.size() - 3);
    std::string contents(file.contents);
    for (std::string* text : {&path, &contents}) {
      replace_all(*text, "@NAME@", name);
      replace_all(*text, "@NAME_SNAKE@", snake(name));
      replace_all(*text, "@NAME_TITLE@", title(name));
    }
    files.push_back({std::move(path), std::move(contents)});
  }
  std::ranges::sort(files, {}, &codegen::File::name);
  return files;
}

}  // namespace

Result<void> check_project_name(std::string_view name) {
  std::string example = as_kebab(name);
  if (!is_kebab(name) || name.size() > name_size_max) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' cannot be the name of a project: it takes lower-case words of at "
                            "most {} characters with dashes between them, such as '{}'",
                            name, name_size_max, example.empty() ? "my-project" : example));
  }
  if (std::ranges::find(reserved, name) != reserved.end()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{0}' cannot be the name of a project: C++ or WIT keep that word for "
                            "themselves; take another, such as 'my-{0}'",
                            name));
  }
  return {};
}

Result<std::vector<fs::path>> make_project(const NewProject& project) {
  // "hello/" and "./hello" are "hello".
  fs::path folder = project.folder.lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  const std::string name = folder.filename();
  CAPSTAN_TRY_VOID(check_project_name(name));
  std::error_code error;
  if (fs::symlink_status(folder, error).type() != fs::file_type::not_found) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("'{}' exists already; take another name, or remove it first", folder.string()));
  }
  const auto files = files_of(project, name);
  if (auto written = codegen::write_files(folder, files); !written) {
    return fail(ErrorCode::io, written.error());
  }
  std::vector<fs::path> paths;
  for (const codegen::File& file : files) paths.emplace_back(file.name);
  return paths;
}

}  // namespace capstan::platform
