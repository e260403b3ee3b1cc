// What a call into a bundle costs, against the same class linked into the program. Part of the
// benchmark `cli`.
#pragma once

#include "report.h"

#include <vector>

namespace capstan::bench {

// Rounds as in calls_bench.cc: in each, both ways run once, in turn; medians are reported.
[[nodiscard]] std::vector<Row> measure_bundle_calls(int rounds);

}  // namespace capstan::bench
