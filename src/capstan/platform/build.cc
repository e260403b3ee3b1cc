#include <capstan/platform/build.h>

#include <capstan/base/version.h>
#include <capstan/platform/embedded.h>
#include <capstan/platform/process.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include <codegen/files.h>
#include <codegen/toolchain.h>

namespace capstan::platform {
namespace {

namespace fs = std::filesystem;

template <typename T>
Result<T> checked(codegen::Outcome<T> outcome) {
  if (!outcome) return fail(ErrorCode::invalid_argument, std::move(outcome).error());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(outcome);
  }
}

// One thing that is made from others. Paths are relative to the project's folder.
struct Step {
  std::string label;  // "compile src/main.cc"
  CommandLine command;
  fs::path output;
  std::vector<fs::path> inputs = {};  // beside those that the compiler noted in the .d file
  fs::path record = {};               // the name of the files about this step, without ending
};

// Where it is written how this step was done: ".command", what was said: ".log", or read: ".d".
fs::path record_of(const Step& step, std::string_view ending) {
  fs::path path = step.record.empty() ? step.output : step.record;
  path += ending;
  return path;
}

// What the compiler read, from a depfile in Make's syntax: "a.o: a.cc b.h \<newline> c.h".
std::vector<fs::path> noted_inputs(const fs::path& depfile) {
  std::ifstream in(depfile);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::vector<fs::path> inputs;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && !word.ends_with(':')) inputs.emplace_back(word);
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      if (text[i] != '\n') word += text[i];  // an escaped space or #
    } else if (text[i] == ' ' || text[i] == '\n') {
      end_word();
    } else {
      word += text[i];
    }
  }
  end_word();
  return inputs;
}

std::string contents_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A build of one project.
class Build {
 public:
  Build(const Project& project, const GuestCompiler& compiler, const BuildOptions& options)
      : project_(project),
        compiler_(compiler),
        options_(options),
        place_(project.component.parent_path()) {}

  Result<BuildReport> run();

 private:
  Result<void> write_bindings();
  Result<void> write_support();
  [[nodiscard]] std::vector<Step> compile_steps() const;
  [[nodiscard]] Step compile_step(const fs::path& source, const CommandLine& options) const;
  [[nodiscard]] Step link_step(const std::vector<Step>& objects) const;
  Result<void> make_component(const Step& link);

  // Runs the steps that are not current, at the same time; false when one failed.
  Result<bool> make(const std::vector<Step>& steps);
  [[nodiscard]] bool is_current(const Step& step) const;
  [[nodiscard]] Result<void> record(const Step& step, std::string_view ending,
                                    std::string_view text) const {
    return checked(codegen::write_if_changed(full(record_of(step, ending)), text));
  }

  [[nodiscard]] fs::path full(const fs::path& path) const { return project_.folder / path; }
  [[nodiscard]] bool links_cpp() const;
  void say(std::string_view step) const {
    if (options_.progress) options_.progress(step);
  }

  const Project& project_;
  const GuestCompiler& compiler_;
  const BuildOptions& options_;
  fs::path place_;                  // the folder of everything that is made
  std::vector<fs::path> bindings_;  // generated, relative to the project's folder
  std::vector<fs::path> support_;   // sources of ours that are compiled too
  BuildReport report_ = {.outcome = BuildReport::Outcome::up_to_date};
};

bool is_c(const fs::path& source) { return source.extension() == ".c"; }

bool Build::links_cpp() const {
  return project_.build.language == GuestLanguage::cpp ||
         std::ranges::any_of(project_.sources, [](const fs::path& path) { return !is_c(path); });
}

Result<void> Build::write_bindings() {
  codegen::WitInput input;
  input.paths = {full(project_.wit)};
  input.features = project_.build.features;
  CAPSTAN_TRY(const auto wit, checked(codegen::Wit::parse(input)));
  CAPSTAN_TRY(const auto world, checked(wit.select_world(project_.build.world)));
  const codegen::GuestBindings options = {.language = project_.build.language == GuestLanguage::cpp
                                                          ? CAPSTAN_TOOLCHAIN_LANGUAGE_CPP
                                                          : CAPSTAN_TOOLCHAIN_LANGUAGE_C,
                                          .string_encoding = project_.build.string_encoding};
  CAPSTAN_TRY(const auto files, checked(codegen::guest_bindings(wit, world, options)));
  const fs::path folder = place_ / "bindings";
  for (const codegen::File& file : files) bindings_.push_back(folder / file.name);
  return checked(codegen::write_files(full(folder), files));
}

Result<void> Build::write_support() {
  std::vector<codegen::File> files;
  if (links_cpp()) {
    files.push_back({"support.cc", std::string(embedded_file("guest/support/support.cc"))});
  }
  if (project_.build.adapter == CAPSTAN_TOOLCHAIN_ADAPTER_COMMAND) {
    files.push_back({"command.c", std::string(embedded_file("guest/support/command.c"))});
  }
  const fs::path folder = place_ / "support";
  for (const codegen::File& file : files) support_.push_back(folder / file.name);
  return checked(codegen::write_files(full(folder), files));
}

Step Build::compile_step(const fs::path& source, const CommandLine& options) const {
  // The object's path is the source's; one beside the project gets a name below it.
  fs::path object = place_ / "objects";
  for (const fs::path& part : source) object /= part == ".." ? fs::path("up") : part;
  object += ".o";
  Step step = {.label = fmt::format("compile {}", source.string()),
               .command = is_c(source) ? compiler_.c : compiler_.cpp,
               .output = object,
               .inputs = {source}};
  if (is_c(source)) {
    step.command.push_back("-std=gnu17");
  } else {
    step.command.insert(step.command.end(), {"-std=c++23", "-fno-exceptions"});
  }
  step.command.insert(step.command.end(), {"-O2", "-ffunction-sections", "-fdata-sections"});
  // The author's own folders come first: they hold the classes behind exported resources.
  for (const fs::path& folder : project_.source_folders) {
    step.command.push_back("-I" + folder.string());
  }
  step.command.push_back("-I" + (place_ / "bindings").string());
  step.command.insert(step.command.end(), options.begin(), options.end());
  step.command.insert(step.command.end(), {"-MD", "-MF", fmt::format("{}.d", object.string()), "-c",
                                           source, "-o", object});
  return step;
}

std::vector<Step> Build::compile_steps() const {
  CommandLine own = {"-Wall", "-Wextra", "-Wno-unused-parameter"};
  own.insert(own.end(), project_.build.options.begin(), project_.build.options.end());
  std::vector<Step> steps;
  for (const fs::path& source : project_.sources) steps.push_back(compile_step(source, own));
  for (const fs::path& file : bindings_) {
    if (file.extension() == ".c" || file.extension() == ".cpp") {
      steps.push_back(compile_step(file, {"-w"}));
    }
  }
  for (const fs::path& source : support_) steps.push_back(compile_step(source, {}));
  return steps;
}

Step Build::link_step(const std::vector<Step>& objects) const {
  const fs::path module = place_ / "objects" / project_.component.filename();
  Step step = {.label = fmt::format("link {}", module.string()),
               .command = links_cpp() ? compiler_.cpp : compiler_.c,
               .output = module};
  step.command.insert(step.command.end(), {"-mexec-model=reactor", "-Wl,--gc-sections",
                                           "-Wl,--strip-debug", "-Wl,-z,stack-size=1048576"});
  // The stack lies below the data, so that overflowing it traps; zig's linker knows no other way.
  if (compiler_.kind != GuestCompiler::Kind::zig) step.command.push_back("-Wl,--stack-first");
  for (const Step& object : objects) step.inputs.push_back(object.output);
  for (const fs::path& file : bindings_) {
    if (file.extension() == ".o") step.inputs.push_back(file);
  }
  step.command.insert(step.command.end(), step.inputs.begin(), step.inputs.end());
  step.command.insert(step.command.end(), project_.build.link_options.begin(),
                      project_.build.link_options.end());
  step.command.insert(step.command.end(), {"-o", module});
  return step;
}

bool Build::is_current(const Step& step) const {
  std::error_code error;
  const auto made = fs::last_write_time(full(step.output), error);
  if (error) return false;
  if (contents_of(full(record_of(step, ".command"))) != quoted(step.command)) return false;
  std::vector<fs::path> inputs = noted_inputs(full(record_of(step, ".d")));
  inputs.insert(inputs.end(), step.inputs.begin(), step.inputs.end());
  return std::ranges::all_of(inputs, [&](const fs::path& input) {
    const auto changed = fs::last_write_time(full(input), error);
    return !error && changed <= made;
  });
}

Result<bool> Build::make(const std::vector<Step>& steps) {
  std::vector<const Step*> stale;
  std::vector<CommandLine> commands;
  for (const Step& step : steps) {
    if (is_current(step)) {
      report_.diagnostics += contents_of(full(record_of(step, ".log")));
      continue;
    }
    std::error_code error;
    fs::create_directories(full(step.output).parent_path(), error);
    fs::remove(full(step.output), error);
    stale.push_back(&step);
    commands.push_back(step.command);
    if (options_.color) commands.back().push_back("-fdiagnostics-color=always");
    say(step.label);
  }
  if (!stale.empty()) report_.outcome = BuildReport::Outcome::built;
  const auto results = run_processes(commands, project_.folder);
  for (std::size_t i = 0; i < stale.size(); ++i) {
    if (!results[i]) return std::unexpected(results[i].error());
    report_.diagnostics += results[i]->output;
    if (results[i]->exit_status != 0) {
      report_.outcome = BuildReport::Outcome::failed;
      if (report_.failed_step.empty()) report_.failed_step = stale[i]->label;
      continue;
    }
    CAPSTAN_TRY_VOID(record(*stale[i], ".command", quoted(stale[i]->command)));
    CAPSTAN_TRY_VOID(record(*stale[i], ".log", results[i]->output));
  }
  return report_.outcome != BuildReport::Outcome::failed;
}

Result<void> Build::make_component(const Step& link) {
  // No command line makes it, but it depends on the same things: what it is made from, and how.
  const Step step = {.label = fmt::format("make {}", project_.component.string()),
                     .command = {fmt::format("capstan {}", version()),
                                 fmt::format("{}", int{project_.build.adapter})},
                     .output = project_.component,
                     .inputs = {link.output},
                     .record = place_ / "objects" / "component"};
  std::error_code error;
  if (!is_current(step)) {
    say(step.label);
    report_.outcome = BuildReport::Outcome::built;
    const std::string module = contents_of(full(link.output));
    auto component = codegen::componentize({.module = module, .adapter = project_.build.adapter});
    if (!component) {
      return fail(ErrorCode::not_loadable,
                  fmt::format("cannot make a component of '{}': {}", full(link.output).string(),
                              component.error()));
    }
    fs::remove(full(step.output), error);  // so that its time is that of this build
    CAPSTAN_TRY_VOID(checked(codegen::write_if_changed(full(step.output), *component)));
    CAPSTAN_TRY_VOID(record(step, ".command", quoted(step.command)));
  }
  report_.component_bytes = fs::file_size(full(step.output), error);
  return {};
}

Result<BuildReport> Build::run() {
  CAPSTAN_TRY_VOID(write_bindings());
  CAPSTAN_TRY_VOID(write_support());
  const std::vector<Step> objects = compile_steps();
  CAPSTAN_TRY(const bool compiled, make(objects));
  if (!compiled) return report_;
  const Step link = link_step(objects);
  CAPSTAN_TRY(const bool linked, make({link}));
  if (!linked) return report_;
  CAPSTAN_TRY_VOID(make_component(link));
  return report_;
}

}  // namespace

Result<BuildReport> build_project(const Project& project, const GuestCompiler& compiler,
                                  const BuildOptions& options) {
  return Build(project, compiler, options).run();
}

}  // namespace capstan::platform
