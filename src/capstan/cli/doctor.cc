// `capstan doctor`: what works on this machine, and the command that mends what does not.
#include <capstan/cli/commands.h>
#include <capstan/platform/health.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace capstan::cli {
namespace {

using platform::Check;

struct Options {
  bool json = false;
};

// Several lines of a compiler stay below their check.
std::string indented(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "      ";
  }
  return result;
}

void print_check(const Check& check) {
  const char* mark = check.state == Check::State::good ? "ok" : "no";
  fmt::print("{:<2}  {}: {}\n", mark, check.name, indented(check.found));
  if (!check.remedy.empty()) fmt::print("      to mend it: {}\n", check.remedy);
  std::fflush(stdout);
}

void print_json(const std::vector<Check>& checks, bool works) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    list.push_back({{"name", check.name},
                    {"state", platform::name(check.state)},
                    {"found", check.found},
                    {"remedy", check.remedy}});
  }
  const nlohmann::ordered_json report = {{"works", works}, {"checks", list}};
  fmt::print("{}\n", report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void run_doctor(const Options& options, Session& session) {
  const auto checks = platform::check_health([&](const Check& check) {
    if (!options.json) print_check(check);
  });
  const bool works = std::ranges::none_of(
      checks, [](const Check& check) { return check.state == Check::State::broken; });
  if (options.json) print_json(checks, works);
  if (!works) {
    session.fail(platform::ExitStatus::failure,
                 "Capstan cannot work on this machine as it is; mend what is marked above");
  }
}

}  // namespace

void define_doctor(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("doctor", "say what works here, and how to mend the rest");
  const auto options = std::make_shared<Options>();  // owned by the callback
  command->add_flag("--json", options->json, "the findings as JSON");
  add_session_options(*command, session);
  command->callback([options, &session] { run_doctor(*options, session); });
}

}  // namespace capstan::cli
