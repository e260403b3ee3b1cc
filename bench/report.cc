#include "report.h"

#include <capstan/host/core.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace capstan::bench {
namespace {

bool reached(const Row& row) {
  return row.better == Better::lower ? row.ratio <= row.goal : row.ratio >= row.goal;
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void print(const std::vector<Row>& rows) {
  fmt::print("{:<28}{:>14}{:>14}{:>14}{:>9}{:>8}\n", "case", "capstan", "baseline", "dynamic",
             "ratio", "goal");
  for (const Row& row : rows) {
    const std::string dynamic =
        row.dynamic == 0 ? "-" : fmt::format("{:.0f} {}", row.dynamic, row.unit);
    fmt::print("{:<28}{:>11.1f} {}{:>11.1f} {}{:>14}{:>9.3f}{:>8.2f}  {}\n", row.name, row.value,
               row.unit, row.baseline_value, row.unit, dynamic, row.ratio, row.goal,
               reached(row) ? "reached" : "not reached");
  }
}

bool write_json(std::string_view name, const std::vector<Row>& rows) {
  // build/bin/capstan-bench-x -> build/bench/x.json
  const auto folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "bench";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto path = folder / fmt::format("{}.json", name);
  std::ofstream file(path);
  std::string text = "{\"rows\": [\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    text += fmt::format(
        "  {{\"name\": \"{}\", \"value\": {:.3f}, \"unit\": \"{}\", \"baseline\": \"{}\", "
        "\"baseline_value\": {:.3f}, \"ratio\": {:.4f}}}{}\n",
        row.name, row.value, row.unit, row.baseline, row.baseline_value, row.ratio,
        i + 1 < rows.size() ? "," : "");
  }
  file << text << "]}\n";
  file.close();
  if (!file) {
    fmt::print(stderr, "bench: cannot write {}\n", path.string());
    return false;
  }
  fmt::print("written to {}\n", path.string());
  return true;
}

const capstan_engine* raw_engine(Engine& engine) { return engine.core()->get(false).value(); }

}  // namespace capstan::bench
