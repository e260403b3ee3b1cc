#include <capstan/platform/project.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <system_error>
#include <utility>

namespace capstan::platform {
namespace {

namespace fs = std::filesystem;

template <typename Value>
using Choices = std::span<const std::pair<std::string_view, Value>>;

constexpr std::array<std::pair<std::string_view, GuestLanguage>, 2> languages = {
    {{"cpp", GuestLanguage::cpp}, {"c", GuestLanguage::c}}};
constexpr std::array<std::pair<std::string_view, capstan_toolchain_adapter>, 5> adapters = {
    {{"auto", CAPSTAN_TOOLCHAIN_ADAPTER_AUTO},
     {"command", CAPSTAN_TOOLCHAIN_ADAPTER_COMMAND},
     {"reactor", CAPSTAN_TOOLCHAIN_ADAPTER_REACTOR},
     {"proxy", CAPSTAN_TOOLCHAIN_ADAPTER_PROXY},
     {"none", CAPSTAN_TOOLCHAIN_ADAPTER_NONE}}};
constexpr std::array<std::pair<std::string_view, capstan_toolchain_string_encoding>, 2> encodings =
    {{{"utf8", CAPSTAN_TOOLCHAIN_STRING_UTF8}, {"utf16", CAPSTAN_TOOLCHAIN_STRING_UTF16}}};

// The value of a key that takes one of a few words; the first is the default.
template <typename Value>
Result<Value> choice(const ConfigTable& table, std::string_view key, Choices<Value> choices) {
  CAPSTAN_TRY(const std::string word, table.text_or(key, choices.front().first));
  std::vector<std::string_view> words;
  for (const auto& [name, value] : choices) {
    if (name == word) return value;
    words.push_back(name);
  }
  return std::unexpected(table.error_at(
      key, fmt::format("'{}' is '{}', which is not one of {}", key, word, fmt::join(words, ", "))));
}

bool is_source(const fs::path& path) {
  constexpr std::array<std::string_view, 4> extensions = {".c", ".cc", ".cpp", ".cxx"};
  return std::ranges::find(extensions, path.extension().string()) != extensions.end();
}

// A path that stays what it is when the project moves.
Result<fs::path> relative_path(const ConfigTable& table, std::string_view key,
                               const std::string& text) {
  const fs::path path(text);
  if (text.empty() || path.is_absolute()) {
    return std::unexpected(table.error_at(
        key, fmt::format("'{}' has '{}', but a path relative to the project's folder is needed",
                         key, text)));
  }
  return path.lexically_normal();
}

// The sources in one folder and all below.
Result<std::vector<fs::path>> files_below(const fs::path& project, const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entries(project / folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (is_source(entries->path()) && entries->is_regular_file(error)) {
      files.push_back(entries->path().lexically_relative(project));
    }
  }
  if (error) {
    return fail(ErrorCode::io, fmt::format("cannot read the folder '{}': {}",
                                           (project / folder).string(), error.message()));
  }
  return files;
}

Result<void> read_sources(const ConfigTable& build, Project& project) {
  const std::vector<std::string>& entries = project.build.sources;
  for (const std::string& entry : entries) {
    CAPSTAN_TRY(const fs::path path, relative_path(build, "sources", entry));
    const fs::path full = project.folder / path;
    std::error_code error;
    if (fs::is_directory(full, error)) {
      project.source_folders.push_back(path);
      CAPSTAN_TRY(const auto files, files_below(project.folder, path));
      project.sources.insert(project.sources.end(), files.begin(), files.end());
    } else if (!fs::exists(full, error)) {
      return std::unexpected(build.error_at(
          "sources",
          fmt::format("'sources' has '{}', but there is no '{}'", entry, full.string())));
    } else if (!is_source(path)) {
      return std::unexpected(build.error_at(
          "sources",
          fmt::format("'sources' has '{}', which is neither a folder nor a file that ends in .c, "
                      ".cc, .cpp or .cxx",
                      entry)));
    } else {
      project.sources.push_back(path);
    }
  }
  std::ranges::sort(project.sources);
  const auto repeated = std::ranges::unique(project.sources);
  project.sources.erase(repeated.begin(), repeated.end());
  if (project.sources.empty()) {
    return std::unexpected(
        build.error_at("sources", fmt::format("there is no C or C++ file in {} of '{}'",
                                              fmt::join(entries, ", "), project.folder.string())));
  }
  return {};
}

}  // namespace

Result<BuildSettings> read_build_settings(const ConfigTable& build) {
  BuildSettings settings;
  CAPSTAN_TRY(settings.language, choice<GuestLanguage>(build, "language", languages));
  CAPSTAN_TRY(settings.sources, build.texts("sources"));
  if (settings.sources.empty()) settings.sources = {"src"};
  CAPSTAN_TRY(settings.wit, build.text_or("wit", "wit"));
  CAPSTAN_TRY(settings.world, build.text_or("world", ""));
  CAPSTAN_TRY(settings.adapter, choice<capstan_toolchain_adapter>(build, "adapt", adapters));
  CAPSTAN_TRY(settings.string_encoding,
              choice<capstan_toolchain_string_encoding>(build, "string_encoding", encodings));
  CAPSTAN_TRY(settings.features, build.texts("features"));
  CAPSTAN_TRY(settings.options, build.texts("options"));
  CAPSTAN_TRY(settings.link_options, build.texts("link_options"));
  return settings;
}

Result<Project> read_project(const fs::path& folder) {
  const fs::path file = (folder / "capstan.toml").lexically_normal();
  std::error_code error;
  if (!fs::exists(file, error)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("there is no project in '{}': '{}' is missing; 'capstan new component "
                            "NAME' makes one",
                            folder.string(), file.string()));
  }
  CAPSTAN_TRY(const auto manifest, ConfigTable::read(file));
  CAPSTAN_TRY(const auto component, manifest.table("component"));
  Project project;
  project.folder = folder;
  CAPSTAN_TRY(project.name, component.text("name"));
  CAPSTAN_TRY(const std::string source, component.text("source"));
  CAPSTAN_TRY(project.component, relative_path(component, "source", source));
  if (project.component.extension() != ".wasm") {
    return std::unexpected(component.error_at(
        "source", fmt::format("'source' is '{}', but what is built ends in .wasm", source)));
  }
  CAPSTAN_TRY(const auto build, manifest.table("build"));
  CAPSTAN_TRY(project.build, read_build_settings(build));
  CAPSTAN_TRY_VOID(build.finish());
  CAPSTAN_TRY_VOID(read_sources(build, project));
  CAPSTAN_TRY(project.wit, relative_path(build, "wit", project.build.wit));
  if (!fs::exists(folder / project.wit, error)) {
    return std::unexpected(build.error_at(
        "wit", fmt::format("there is no WIT in '{}'", (folder / project.wit).string())));
  }
  return project;
}

}  // namespace capstan::platform
