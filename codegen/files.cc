#include "files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include <fmt/core.h>

namespace capstan::codegen {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> failure(std::string_view verb, const fs::path& path, int error) {
  return std::unexpected(
      fmt::format("cannot {} '{}': {}", verb, path.string(), std::strerror(error)));
}

bool holds(const fs::path& path, std::string_view contents) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size != contents.size()) {
    return false;
  }
  const auto old = read_file(path);
  return old && *old == contents;
}

// Make's syntax for a file name.
std::string escaped(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == ' ' || c == '#' || c == '\\') {
      result += '\\';
    } else if (c == '$') {
      result += '$';
    }
    result += c;
  }
  return result;
}

}  // namespace

Outcome<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return failure("read", path, EISDIR);
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return failure("read", path, errno != 0 ? errno : EIO);
  }
  std::string contents(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) {
    return failure("read", path, EIO);
  }
  return contents;
}

Outcome<void> write_if_changed(const fs::path& path, std::string_view contents) {
  if (holds(path, contents)) {
    return {};
  }
  std::error_code error;
  if (path.has_parent_path()) {
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return failure("make folder", path.parent_path(), error.value());
    }
  }
  const fs::path partial = fmt::format("{}.{}.partial", path.string(), ::getpid());
  errno = 0;
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  out.close();
  if (!out) {
    const int reason = errno != 0 ? errno : EIO;
    fs::remove(partial, error);
    return failure("write", path, reason);
  }
  fs::rename(partial, path, error);
  if (error) {
    const int reason = error.value();
    fs::remove(partial, error);
    return failure("write", path, reason);
  }
  return {};
}

Outcome<void> write_files(const fs::path& folder, const std::vector<File>& files) {
  for (const File& file : files) {
    if (auto written = write_if_changed(folder / file.name, file.contents); !written) {
      return written;
    }
  }
  return {};
}

Outcome<void> write_depfile(const fs::path& path, const Dependencies& dependencies) {
  std::string text;
  for (const std::string& output : dependencies.outputs) {
    text += text.empty() ? "" : " ";
    text += escaped(output);
  }
  text += ":";
  for (const std::string& input : dependencies.inputs) {
    text += " \\\n  " + escaped(input);
  }
  return write_if_changed(path, text + "\n");
}

std::vector<std::string> dependencies_of(const Wit& wit, const std::vector<std::string>& paths) {
  std::vector<std::string> result = wit.files();
  std::set<std::string> folders;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      continue;
    }
    const fs::path deps = fs::path(path) / "deps";
    if (fs::is_directory(deps, error)) {
      folders.insert(deps.string());
    }
    const std::string prefix = fs::path(path) / "";
    for (const std::string& file : wit.files()) {
      if (file.starts_with(prefix)) {
        folders.insert(fs::path(file).parent_path().string());
      }
    }
  }
  result.insert(result.end(), folders.begin(), folders.end());
  return result;
}

}  // namespace capstan::codegen
