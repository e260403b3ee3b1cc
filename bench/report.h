// How benchmarks report: a table for people, and build/bench/NAME.json for the rest.
#pragma once

#include <capstan/engine.h>
#include <capstan/host/engine.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::bench {

enum class Better : std::uint8_t { lower, higher };

struct Row {
  std::string name;
  double value = 0;  // ours
  std::string unit;
  std::string baseline;
  double baseline_value = 0;
  double ratio = 0;    // median of the rounds' ratios, ours to the baseline
  double goal = 0;     // the ratio to reach
  double dynamic = 0;  // Wasmtime's dynamic values, 0 when not measured
  Better better = Better::lower;
};

[[nodiscard]] double median(std::vector<double> values);

void print(const std::vector<Row>& rows);

// Writes bench/NAME.json beside the program's folder; says so, or why not.
[[nodiscard]] bool write_json(std::string_view name, const std::vector<Row>& rows);

// The C engine behind an Engine without concurrency support, for peers on the same settings.
[[nodiscard]] const capstan_engine* raw_engine(Engine& engine);

}  // namespace capstan::bench
