// The parts of the benchmark `capabilities`: one function for each capability or service, in a file
// of its own, and one line in the table of capabilities_bench.cc.
#pragma once

#include "report.h"

#include <string>
#include <vector>

namespace capstan::bench {

[[nodiscard]] std::vector<Row> measure_keyvalue(int rounds);

// What a program that ends well has printed; ends this one with a message otherwise.
[[nodiscard]] std::string output_of(const std::vector<std::string>& command);

// Ends the program.
[[noreturn]] void stop(const std::string& why);

}  // namespace capstan::bench
