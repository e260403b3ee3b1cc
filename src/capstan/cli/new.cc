// `capstan new`: makes a project from a template.
#include <capstan/cli/commands.h>
#include <capstan/platform/new_project.h>

#include <fmt/format.h>

#include <map>
#include <memory>

namespace capstan::cli {
namespace {

using platform::GuestLanguage;
using platform::NewProject;
using platform::ProjectKind;

struct Options {
  std::vector<std::string> words;  // [KIND] NAME
  std::string language;
};

const std::map<std::string, ProjectKind>& kinds() {
  static const std::map<std::string, ProjectKind> all = {{"component", ProjectKind::component},
                                                         {"http", ProjectKind::http},
                                                         {"adapter", ProjectKind::adapter},
                                                         {"bundle", ProjectKind::bundle}};
  return all;
}

Result<NewProject> project_of(const Options& options) {
  const auto kind = kinds().find(options.words.front());
  if (options.words.size() == 1 && kind != kinds().end()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the project has no name; write 'capstan new {} NAME'", kind->first));
  }
  if (options.words.size() == 2 && kind == kinds().end()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is no kind of project; there are component, http, adapter and "
                            "bundle",
                            options.words.front()));
  }
  NewProject project = {.folder = options.words.back()};
  if (options.words.size() == 2) project.kind = kind->second;
  if (options.language == "c") project.language = GuestLanguage::c;
  const bool is_guest = project.kind == ProjectKind::component || project.kind == ProjectKind::http;
  if (!options.language.empty() && !is_guest) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("--lang is for projects of the kinds component and http; a project of "
                            "the kind '{}' is written in C++",
                            options.words.front()));
  }
  return project;
}

// What to do now, as lines to copy.
std::vector<std::string> next_steps(const NewProject& project) {
  const std::string folder = project.folder.string();
  const std::string name = project.folder.filename().empty()
                               ? project.folder.parent_path().filename().string()
                               : project.folder.filename().string();
  switch (project.kind) {
    case ProjectKind::component:
      return {fmt::format("cd {}", folder), "capstan build", "capstan run . -- Ada",
              "capstan run . --invoke 'greet(\"Ada\")'"};
    case ProjectKind::http:
      return {fmt::format("cd {}", folder), "capstan build",
              fmt::format("capstan inspect build/{}.wasm", name)};
    case ProjectKind::adapter:
      return {
          fmt::format("cmake -S {0} -B {0}/build -DCMAKE_PREFIX_PATH=<where Capstan is>", folder),
          fmt::format("cmake --build {0}/build && {0}/build/{1}", folder, name)};
    case ProjectKind::bundle:
      break;
  }
  return {
      fmt::format("cmake -S {0} -B {0}/build -DCMAKE_PREFIX_PATH=<where Capstan is>", folder),
      fmt::format("cmake --build {0}/build", folder),
      fmt::format("capstan run --host-bundle {0}/build/bundles/{1} --invoke 'run()' {0}/guest.wat",
                  folder, name)};
}

void run_new(const Options& options, Session& session) {
  const auto project = project_of(options);
  if (!project) return session.fail(project.error());
  const auto files = platform::make_project(*project);
  if (!files) return session.fail(files.error());
  if (session.quiet) return;
  fmt::print("made '{}':\n", project->folder.string());
  for (const auto& file : *files) fmt::print("  {}\n", file.string());
  if (project->kind == ProjectKind::http) {
    fmt::print(
        "`capstan run` runs commands only: this component waits for requests, and is for a "
        "host that\nserves wasi:http.\n");
  }
  fmt::print("next:\n");
  for (const std::string& step : next_steps(*project)) fmt::print("  {}\n", step);
}

}  // namespace

void define_new(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("new", "make a project that builds and runs at once");
  const auto options = std::make_shared<Options>();  // owned by the callback
  command
      ->add_option("project", options->words,
                   "what to make, a component unless said, and the name of its folder")
      ->required()
      ->expected(1, 2)
      ->type_name("[component|http|adapter|bundle] NAME");
  command->add_option("--lang", options->language, "language of a component: cpp or c")
      ->type_name("cpp|c")
      ->check(CLI::IsMember({"cpp", "c"}));
  add_session_options(*command, session);
  command->callback([options, &session] { run_new(*options, session); });
}

}  // namespace capstan::cli
