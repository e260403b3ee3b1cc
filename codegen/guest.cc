// `capstan-bindgen guest` and `capstan-bindgen wit`: what needs WIT and no module.

#include <cstdio>
#include <filesystem>

#include "commands.h"
#include "files.h"

namespace capstan::codegen {

Outcome<void> run_guest(const GuestOptions& options) {
  const auto wit = Wit::parse(options.wit);
  if (!wit) {
    return std::unexpected(wit.error());
  }
  const auto world = wit->select_world(options.world);
  if (!world) {
    return std::unexpected(world.error());
  }
  const auto files = guest_bindings(*wit, *world, options.bindings);
  if (!files) {
    return std::unexpected(files.error());
  }
  if (auto written = write_files(options.output_folder, *files); !written) {
    return std::unexpected(written.error());
  }
  if (options.depfile.empty()) {
    return {};
  }
  Dependencies dependencies = {.outputs = {}, .inputs = dependencies_of(*wit, options.wit.paths)};
  for (const File& file : *files) {
    // Ninja accepts only outputs that the build declared; the source is one that every build needs.
    if (file.name.ends_with(".c") || file.name.ends_with(".cpp")) {
      dependencies.outputs.push_back(std::filesystem::path(options.output_folder) / file.name);
    }
  }
  return write_depfile(options.depfile, dependencies);
}

Outcome<void> run_wit(const PrintOptions& options) {
  const auto wit = Wit::parse(options.wit);
  if (!wit) {
    return std::unexpected(wit.error());
  }
  const auto text = options.json ? wit->json() : wit->print();
  if (!text) {
    return std::unexpected(text.error());
  }
  std::fwrite(text->data(), 1, text->size(), stdout);
  if (!text->ends_with('\n')) {
    std::fputc('\n', stdout);
  }
  if (std::fflush(stdout) != 0) {
    return std::unexpected("cannot write to the standard output");
  }
  return {};
}

}  // namespace capstan::codegen
