// Which export of a component a run calls, and with what: pure work on names.
#pragma once

#include <capstan/base/result.h>
#include <capstan/host/engine.h>

#include <span>
#include <string>
#include <string_view>

namespace capstan::platform {

struct Entry {
  std::string interface_id;  // empty: exported by the world
  std::string name;
  std::string arguments;  // WAVE text, without parentheses
  bool command = false;   // wasi:cli/run, whose result is the exit status
};

// What runs when nothing is said: wasi:cli/run; else the world's function `run` if it takes
// nothing; else the only function that takes nothing.
[[nodiscard]] Result<Entry> find_entry(std::string_view component,
                                       std::span<const ComponentItem> exports);

// The export that an --invoke text means: `name(args)`, `pkg:ns/iface.func(args)` or
// `iface#func(args)`. The interface may be given without version and without package, and left out
// where one function only has the name. `()` may be left out.
[[nodiscard]] Result<Entry> find_invoked(std::string_view component,
                                         std::span<const ComponentItem> exports,
                                         std::string_view invocation);

// How messages and `inspect` write an export: "run", "test:component/test@0.1.0.run-tests".
[[nodiscard]] std::string export_name(const ComponentItem& item);

}  // namespace capstan::platform
