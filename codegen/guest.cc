// `capstan-bindgen guest` and `capstan-bindgen wit`: what needs WIT and no module.

#include <cstdio>
#include <filesystem>

#include "commands.h"
#include "files.h"

namespace capstan::codegen {

int run_guest(const GuestOptions& options) {
  const auto wit = Wit::parse(options.wit);
  if (!wit) {
    return fail(wit.error());
  }
  const auto world = wit->select_world(options.world);
  if (!world) {
    return fail(world.error());
  }
  const auto files = guest_bindings(*wit, *world, options.bindings);
  if (!files) {
    return fail(files.error());
  }
  if (auto written = write_files(options.output_folder, *files); !written) {
    return fail(written.error());
  }
  if (options.depfile.empty()) {
    return 0;
  }
  Dependencies dependencies = {.outputs = {}, .inputs = dependencies_of(*wit, options.wit.paths)};
  for (const File& file : *files) {
    // Ninja accepts only outputs that the build declared; the source is one that every build needs.
    if (file.name.ends_with(".c") || file.name.ends_with(".cpp")) {
      dependencies.outputs.push_back(std::filesystem::path(options.output_folder) / file.name);
    }
  }
  if (auto written = write_depfile(options.depfile, dependencies); !written) {
    return fail(written.error());
  }
  return 0;
}

int run_wit(const PrintOptions& options) {
  const auto wit = Wit::parse(options.wit);
  if (!wit) {
    return fail(wit.error());
  }
  const auto text = options.json ? wit->json() : wit->print();
  if (!text) {
    return fail(text.error());
  }
  std::fwrite(text->data(), 1, text->size(), stdout);
  if (!text->ends_with('\n')) {
    std::fputc('\n', stdout);
  }
  return std::fflush(stdout) == 0 ? 0 : fail("cannot write to the standard output");
}

}  // namespace capstan::codegen
