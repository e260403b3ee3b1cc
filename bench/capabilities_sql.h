// The rows `sql-insert` and `sql-select` of the benchmark of capabilities.
#pragma once

#include "report.h"

#include <vector>

namespace capstan::bench {

// The same component through wasi:sql against the same statements in C++, in memory.
[[nodiscard]] std::vector<Row> measure_sql(int rounds);

}  // namespace capstan::bench
