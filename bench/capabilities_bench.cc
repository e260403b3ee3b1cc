// What capabilities cost a component, against others who offer the same.
//
//   capstan-bench-capabilities [ROUNDS [PART...]]      writes build/bench/capabilities.json
//
// Both sides of a row run in turn in each round, so that a change of the machine's speed meets
// both; the medians of the rounds are reported.
#include "capabilities.h"

#include <fmt/format.h>

#include <stdio.h>
#include <sys/wait.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace capstan::bench {

void stop(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

std::string output_of(const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& word : command) line += fmt::format("'{}' ", word);
  FILE* pipe = ::popen(line.c_str(), "r");
  if (pipe == nullptr) stop("cannot start " + line);
  std::string output;
  std::array<char, 4096> part;
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    output.append(part.data(), count);
  const int status = ::pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    stop(fmt::format("{} ended with status {}", line, status));
  return output;
}

}  // namespace capstan::bench

namespace {

using capstan::bench::Row;

struct Part {
  std::string_view name;
  std::vector<Row> (*measure)(int rounds);
};
constexpr Part parts[] = {
    {"keyvalue", &capstan::bench::measure_keyvalue},
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const int rounds = arguments.empty() ? 15 : std::atoi(argv[1]);
  std::vector<Row> rows;
  for (const Part& part : parts) {
    const bool chosen = arguments.size() < 2 || std::find(arguments.begin() + 1, arguments.end(),
                                                          part.name) != arguments.end();
    if (!chosen) continue;
    for (Row& row : part.measure(rounds)) rows.push_back(std::move(row));
  }
  capstan::bench::print(rows);
  return capstan::bench::write_json("capabilities", rows) ? 0 : 1;
}
