#include "run.h"

#include <fmt/format.h>

#include <filesystem>

#include "../files.h"
#include "generate.h"

namespace capstan::codegen {
namespace {

namespace fs = std::filesystem;

// The first line that differs, both ways: enough to see what kind of change it is.
std::string first_difference(std::string_view now, std::string_view wanted) {
  int line = 1;
  while (true) {
    const std::string_view old_line = now.substr(0, now.find('\n'));
    const std::string_view new_line = wanted.substr(0, wanted.find('\n'));
    if (old_line != new_line || now.empty() || wanted.empty())
      return fmt::format("line {}\n-{}\n+{}", line, old_line, new_line);
    now.remove_prefix(std::min(now.size(), old_line.size() + 1));
    wanted.remove_prefix(std::min(wanted.size(), new_line.size() + 1));
    ++line;
  }
}

// Says which files would change, and where.
Outcome<void> check_files(const HostOptions& options, const std::vector<File>& files) {
  std::string message;
  for (const File& file : files) {
    const fs::path path = fs::path(options.output_folder) / file.name;
    const auto now = read_file(path);
    if (now && *now == file.contents) continue;
    message += message.empty() ? "" : "\n";
    message += now ? fmt::format("{} is out of date: {}", path.string(),
                                 first_difference(*now, file.contents))
                   : fmt::format("{} is missing", path.string());
  }
  if (message.empty()) return {};
  return std::unexpected(message);
}

}  // namespace

Outcome<void> run_host(const HostOptions& options) {
  const auto wit = Wit::parse(options.wit);
  if (!wit) return std::unexpected(wit.error());
  const auto world = wit->select_world(options.world);
  if (!world) return std::unexpected(world.error());
  const auto json = wit->json();
  if (!json) return std::unexpected(json.error());
  const auto model = read_model(*json);
  if (!model) return std::unexpected(model.error());
  const auto files = generate_host(*model, *world, options);
  if (!files) return std::unexpected(files.error());
  if (options.check) return check_files(options, *files);
  if (auto written = write_files(options.output_folder, *files); !written)
    return std::unexpected(written.error());
  if (options.depfile.empty()) return {};

  Dependencies dependencies = {.outputs = {}, .inputs = dependencies_of(*wit, options.wit.paths)};
  for (const File& file : *files)
    dependencies.outputs.push_back(fs::path(options.output_folder) / file.name);
  return write_depfile(options.depfile, dependencies);
}

}  // namespace capstan::codegen
