// What starting the command costs, as whole processes: `capstan run` of a component that prints one
// line, against `wasmtime run` of the same file with its own cache; and `capstan --version`. What a
// call into a bundle costs, beside it.
//
// Both programs run in turn, so that a change of the machine's speed meets both; the caches are
// warm. The medians of the rounds are reported.
//
//   capstan-bench-cli [ROUNDS]        writes build/bench/cli.json
//
// The peer is the program that CAPSTAN_WASMTIME names; ./dev bench installs one.
#include "bundle_call.h"
#include "report.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using capstan::bench::median;
using capstan::bench::Row;
using Command = std::vector<std::string>;

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

// Milliseconds from start to exit. What it prints goes nowhere.
double run(const Command& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

  const auto begin = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ) != 0)
    stop(fmt::format("cannot start {}", command[0]));
  int status = 0;
  waitpid(child, &status, 0);
  const auto end = std::chrono::steady_clock::now();
  posix_spawn_file_actions_destroy(&actions);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    stop(fmt::format("{} ended with status {}", fmt::join(command, " "), status));
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

// One after the other in each round; the first rounds fill the caches and are not counted.
Row compare(std::string name, const Command& ours, const Command& peer, int rounds, double goal) {
  std::vector<double> our_times, peer_times, ratios;
  for (int round = -3; round < rounds; ++round) {
    const double a = run(ours);
    const double b = run(peer);
    if (round < 0) continue;
    our_times.push_back(a);
    peer_times.push_back(b);
    ratios.push_back(a / b);
  }
  return {std::move(name),    median(our_times), "ms", "wasmtime",
          median(peer_times), median(ratios),    goal};
}

// Against a limit in milliseconds instead of a peer.
Row time_alone(std::string name, const Command& command, int rounds, double limit) {
  std::vector<double> times;
  for (int round = -3; round < rounds; ++round) {
    const double time = run(command);
    if (round >= 0) times.push_back(time);
  }
  const double value = median(times);
  return {std::move(name), value, "ms", "limit", limit, value / limit, 1.0};
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
  const char* wasmtime = std::getenv("CAPSTAN_WASMTIME");
  if (wasmtime == nullptr)
    stop("CAPSTAN_WASMTIME must name a wasmtime program to compare with: see ./dev bench cli");
  const Command ours = {CAPSTAN_COMMAND, "run", HELLO_COMPONENT};
  const Command peer = {wasmtime, "run", "-C", "cache=y", HELLO_COMPONENT};
  std::vector<Row> rows = {
      compare("hello-start-to-exit", ours, peer, rounds, 1.0),
      time_alone("version", {CAPSTAN_COMMAND, "--version"}, rounds, 10.0),
  };
  constexpr int call_rounds = 15;
  for (Row& row : capstan::bench::measure_bundle_calls(call_rounds)) rows.push_back(std::move(row));
  capstan::bench::print(rows);
  return capstan::bench::write_json("cli", rows) ? 0 : 1;
}
