// What there is to know about a component before it runs: imports and who serves them, exports, who
// made it. `capstan inspect` prints it, as text for people or as JSON for programs.
#pragma once

#include <capstan/base/result.h>
#include <capstan/platform/run.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace capstan::platform {

struct InspectedFunction {
  std::string name;
  std::string signature;
  bool is_async = false;
};

// One imported or exported interface; without an id, what the world itself imports or exports.
struct InspectedInterface {
  std::string id;
  std::vector<InspectedFunction> functions;
  std::vector<std::string> resources;
  std::optional<ImportService> service;  // of imports
};

struct Inspection {
  std::string name;
  std::uint64_t bytes = 0;  // of the component, which may have been made from a module or text
  bool concurrent = false;  // uses async functions, streams or futures
  std::vector<InspectedInterface> imports;
  std::vector<InspectedInterface> exports;
  std::optional<Entry> entry;  // what `capstan run` would call
  std::string problem;         // why it cannot run; empty when it can
  std::string producers;       // JSON of the toolchain
};

[[nodiscard]] Result<Inspection> inspect(const Runner& runner, const Source& source,
                                         const Component& component);

[[nodiscard]] std::string to_text(const Inspection& inspection);
[[nodiscard]] std::string to_json(const Inspection& inspection);

}  // namespace capstan::platform
