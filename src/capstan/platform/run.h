// Running a component to its end: what `capstan run` does, without its words.
//
//   CAPSTAN_TRY(auto source, read_source("app.wasm"));
//   CAPSTAN_TRY(auto runner, Runner::create(merge(source.settings, flags)));
//   CAPSTAN_TRY(auto component, runner.load(source));
//   CAPSTAN_TRY(auto entry, find_entry(component.name(), component.exports()));
//   CAPSTAN_TRY(auto outcome, runner.run(component, entry, source.name));
//
// or, for a component that is called for messages, runner.serve(...).
//
// Threads: one at a time.
#pragma once

#include <capstan/base/result.h>
#include <capstan/host/engine.h>
#include <capstan/host/linker.h>
#include <capstan/platform/bundles.h>
#include <capstan/platform/entry.h>
#include <capstan/platform/events.h>
#include <capstan/platform/settings.h>
#include <capstan/platform/source.h>
#include <capstan/platform/wiring.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

enum class CompileCache : std::uint8_t { off, on };

struct RunnerOptions {
  CompileCache cache = CompileCache::on;
  BundleFiles bundle_files = BundleFiles::safe;
  bundle::Log bundle_log = {};  // empty: nowhere
  // Hears what went wrong while the component was called for events; on any thread.
  Report report = [](std::string_view) {};
};

struct RunOutcome {
  std::string result;     // WAVE text; empty for commands and for functions without result
  bool succeeded = true;  // false: `run`, or the function that was called, returned an error
};

// Who serves one import.
struct ImportService {
  std::string interface_id;  // empty: functions of the world itself
  std::string kind;          // "wasi", "capability", "bundle", "types"; empty: nobody
  std::string name;          // "keyvalue", or the bundle's
  std::string backend;       // "memory"
  std::string advice;        // what to do when nobody serves it
};

class Runner {
 public:
  [[nodiscard]] static Result<Runner> create(RunSettings settings, const RunnerOptions& options);

  // Compiles it, unless it is in the cache: may take seconds.
  [[nodiscard]] Result<Component> load(const Source& source);

  [[nodiscard]] std::vector<ImportService> services(const Component& component) const;
  // Connects every import, or says what is missing and where to get it.
  [[nodiscard]] Result<PreparedComponent<>> prepare(const Component& component) const;
  // Calls the entry in a store of its own; `name` is the program's.
  [[nodiscard]] Result<RunOutcome> run(const Component& component, const Entry& entry,
                                       std::string_view name) const;

  // Whether the settings name events that the component is to be called for. An error if it cannot
  // be.
  [[nodiscard]] Result<bool> has_events(const Component& component) const;
  // What the component could be called for and is not, in a sentence; empty: nothing.
  [[nodiscard]] std::string unused_events(const Component& component) const;
  // Calls the component for the events that the settings name. With an entry, which runs meanwhile,
  // until it has returned and everything it caused is done; without one until SIGINT or SIGTERM.
  // `ready` hears, once, what it is called for.
  [[nodiscard]] Result<RunOutcome> serve(const Component& component,
                                         const std::optional<Entry>& entry, std::string_view name,
                                         const Report& ready) const;

  [[nodiscard]] const Bundles& bundles() const { return bundles_; }

 private:
  Runner(RunSettings settings, Engine engine, Bundles bundles, Report report)
      : settings_(std::move(settings)),
        engine_(std::move(engine)),
        bundles_(std::move(bundles)),
        report_(std::move(report)),
        shared_(std::make_unique<SharedBackends>()) {}

  Result<void> check_watcher(const Component& component) const;
  Result<RunOutcome> call(const PreparedComponent<>& prepared, const Entry& entry,
                          std::string_view name) const;
  ImportService service(std::string_view interface_id) const;
  std::string advice(std::string_view interface_id) const;

  RunSettings settings_;
  Engine engine_;
  Bundles bundles_;
  Report report_;
  std::unique_ptr<SharedBackends> shared_;
};

}  // namespace capstan::platform
