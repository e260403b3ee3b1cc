// The rows of SQL alone.
//
//   capstan-bench-sql [ROUNDS]        writes build/bench/sql.json
#include "capabilities_sql.h"

#include <cstdlib>

int main(int argc, char** argv) {
  const auto rows = capstan::bench::measure_sql(argc > 1 ? std::atoi(argv[1]) : 31);
  capstan::bench::print(rows);
  return capstan::bench::write_json("sql", rows) ? 0 : 1;
}
