#include <capstan/platform/run.h>

#include <capstan/base/nearest.h>
#include <capstan/capability/keyvalue/bind_watcher.h>
#include <capstan/capability/messaging/bind.h>
#include <capstan/capability/messaging/handler.h>
#include <capstan/host/diagnostics.h>
#include <capstan/platform/capabilities.h>
#include <capstan/platform/imports.h>
#include <capstan/platform/stop_signals.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace capstan::platform {
namespace {

// WAVE writes the error case of a result so.
bool is_error(std::string_view result) { return result == "err" || result.starts_with("err("); }

// The option that moves the limit that was reached.
std::string_view advice_for(const Error& error) {
  switch (error.code()) {
    case ErrorCode::deadline:
      return "give it more with --timeout";
    case ErrorCode::fuel:
      return "give it more with --fuel";
    case ErrorCode::limit:
      if (error.message().find("handle") != std::string::npos ||
          error.message().find("resource") != std::string::npos)
        return "allow more with --max-handles";
      if (error.message().find("memory") != std::string::npos)
        return "allow more with --max-memory";
      return "";
    case ErrorCode::trap:
    case ErrorCode::stack:
      return error.backtrace().empty() ? "" : "--log-level debug shows where";
    default:
      return "";
  }
}

bool exports_watcher(const Component& component) {
  return std::ranges::any_of(component.exports(), [](const ComponentItem& item) {
    return std::ranges::find(keyvalue::watcher_interfaces, item.interface_name) !=
           std::end(keyvalue::watcher_interfaces);
  });
}

// What happened to the guest while it ran, with its name and what to do.
Error with_advice(std::string_view name, Error error) {
  switch (error.code()) {
    case ErrorCode::exit:  // not a failure of ours
    case ErrorCode::invalid_argument:
    case ErrorCode::io:
    case ErrorCode::not_linkable:
    case ErrorCode::not_loadable:
    case ErrorCode::unsupported:
      return error;
    default:
      break;
  }
  const std::string_view advice = advice_for(error);
  const bool named = error.message().find(fmt::format("'{}'", name)) != std::string::npos;
  Error advised(error.code(),
                fmt::format("{}{}{}{}", named ? "" : fmt::format("'{}' was stopped: ", name),
                            error.message(), advice.empty() ? "" : "; ", advice));
  advised.set_backtrace(error.backtrace());
  return advised;
}

}  // namespace

Result<Runner> Runner::create(RunSettings settings, const RunnerOptions& options) {
  CAPSTAN_TRY_VOID(check(settings));
  EngineOptions engine_options;
  // Code that can be interrupted, or counts, is slower: only when a limit asks for it.
  engine_options.interruptible = settings.timeout_ms.has_value();
  engine_options.fuel = settings.fuel.has_value();
  engine_options.cache = options.cache == CompileCache::on;
  CAPSTAN_TRY(Bundles bundles, Bundles::open(settings, options.bundle_files, options.bundle_log));
  CAPSTAN_TRY(Engine engine, Engine::create(engine_options));
  return Runner(std::move(settings), std::move(engine), std::move(bundles), options.report);
}

Result<Component> Runner::load(const Source& source) {
  if (!source.precompiled.empty()) return engine_.load_precompiled(source.precompiled);
  return engine_.load(source.component, source.name);
}

std::string Runner::advice(std::string_view interface_id) const {
  std::vector<std::string> served = bundles_.interfaces();
  for (const std::string_view offered : capability_interfaces()) served.emplace_back(offered);
  const std::vector<std::string_view> names(served.begin(), served.end());
  for (const std::string_view offered : names)
    if (host::without_version(offered) == host::without_version(interface_id))
      return fmt::format("another version of it is served, {}: build the component for that one",
                         offered);
  if (interface_id.starts_with("wasi:cli/") || interface_id.starts_with("wasi:io/"))
    return "this Capstan serves WASI 0.2 and 0.3: build the component with newer tools";
  if (const std::string_view near = base::nearest(interface_id, names); !near.empty())
    return fmt::format("did you mean {}?", near);
  return "give a host bundle that serves it (--host-bundle DIR), or plug in a component that "
         "exports "
         "it (capstan compose)";
}

ImportService Runner::service(std::string_view interface_id) const {
  ImportService service;
  service.interface_id = interface_id;
  if (auto name = bundles_.serving(interface_id)) {  // bundles win over what is built in
    service.kind = "bundle";
    service.name = *std::move(name);
  } else if (auto serving = capability_serving(interface_id, settings_)) {
    service.kind = "capability";
    service.name = std::move(serving->capability);
    service.backend = std::move(serving->backend);
  } else if (is_wasi(interface_id)) {
    service.kind = "wasi";
  } else if (interface_id.empty()) {
    service.advice =
        "functions that the world itself imports can only be served by a program that "
        "embeds Capstan, or by composition (capstan compose)";
  } else {
    service.advice = advice(interface_id);
  }
  return service;
}

std::vector<ImportService> Runner::services(const Component& component) const {
  std::vector<ImportService> all;
  for (const ImportedInterface& import : imported_interfaces(component)) {
    ImportService one = service(import.id);
    if (one.kind.empty() && import.items.empty()) {
      if (import.id.empty()) continue;
      one.kind = "types";  // nothing to serve
      one.advice.clear();
    }
    all.push_back(std::move(one));
  }
  return all;
}

Result<PreparedComponent<>> Runner::prepare(const Component& component) const {
  std::vector<std::string> problems;
  for (const ImportService& one : services(component))
    if (one.kind.empty())
      problems.push_back(fmt::format(
          "nothing serves {}: {}",
          one.interface_id.empty() ? "its world's own imports" : one.interface_id, one.advice));
  if (!problems.empty())
    return fail(ErrorCode::not_linkable,
                fmt::format("'{}' cannot run: {}", component.name(), fmt::join(problems, "\n- ")));
  Linker<> linker(engine_);
  linker.add_wasi();
  CAPSTAN_TRY_VOID(add_capabilities(linker, component, settings_, *shared_));
  CAPSTAN_TRY_VOID(bundles_.add_to_linker(linker));
  return linker.prepare(component);
}

Result<RunOutcome> Runner::run(const Component& component, const Entry& entry,
                               std::string_view name) const {
  CAPSTAN_TRY(const PreparedComponent<> prepared, prepare(component));
  return call(prepared, entry, name);
}

Result<RunOutcome> Runner::call(const PreparedComponent<>& prepared, const Entry& entry,
                                std::string_view name) const {
  Store<> store(NoState(), store_options(settings_, name));
  const auto instance = prepared.instantiate(store);
  if (!instance) return std::unexpected(with_advice(name, instance.error()));
  auto result = instance->invoke(entry.interface_id, entry.name, entry.arguments);
  if (!result) return std::unexpected(with_advice(name, std::move(result).error()));
  RunOutcome outcome;
  outcome.succeeded = !is_error(*result);
  if (!entry.command) outcome.result = *std::move(result);
  return outcome;
}

Result<void> Runner::check_watcher(const Component& component) const {
  const std::string& bucket = settings_.watched.front();
  if (!exports_watcher(component))
    return fail(ErrorCode::not_linkable,
                fmt::format("'{}' cannot be called for changes of '{}': it exports neither {} nor "
                            "{}",
                            component.name(), bucket, keyvalue::watcher_interfaces[0],
                            keyvalue::watcher_interfaces[1]));
  for (const ImportedInterface& import : imported_interfaces(component)) {
    const auto bundle =
        import.id.starts_with("wasi:keyvalue/store@") ? bundles_.serving(import.id) : std::nullopt;
    if (bundle)
      return fail(ErrorCode::not_linkable,
                  fmt::format("'{}' cannot be called for changes of '{}': the host bundle '{}' "
                              "serves {} in place of Capstan's own stores",
                              component.name(), bucket, *bundle, import.id));
  }
  return {};
}

Result<bool> Runner::has_events(const Component& component) const {
  if (!settings_.watched.empty()) CAPSTAN_TRY_VOID(check_watcher(component));
  if (settings_.subscriptions.empty()) return !settings_.watched.empty();
  if (!messaging::exports_handler(component))
    return fail(ErrorCode::not_linkable,
                fmt::format("'{}' cannot be called for messages to '{}': it does not export {}",
                            component.name(), settings_.subscriptions.front().pattern,
                            messaging::handler_interface));
  if (auto bundle = bundles_.serving(messaging::interfaces[0]))
    return fail(ErrorCode::not_linkable,
                fmt::format("'{}' cannot be called for messages: the host bundle '{}' serves {} in "
                            "place of Capstan's own brokers",
                            component.name(), *bundle, messaging::interfaces[0]));
  return true;
}

std::string Runner::unused_events(const Component& component) const {
  if (settings_.subscriptions.empty() && messaging::exports_handler(component))
    return fmt::format("'{}' handles messages: say which topics it is called for with --subscribe",
                       component.name());
  if (settings_.watched.empty() && exports_watcher(component))
    return fmt::format("'{}' watches buckets: say which ones it is called for with --watch",
                       component.name());
  return {};
}

Result<RunOutcome> Runner::serve(const Component& component, const std::optional<Entry>& entry,
                                 std::string_view name, const Report& ready) const {
  CAPSTAN_TRY(PreparedComponent<> prepared, prepare(component));
  const auto callee = std::make_shared<const Callee>(Callee{
      .prepared = prepared, .options = store_options(settings_, name), .name = std::string(name)});
  Events::Deadline deadline;
  const auto begin_deadline = [&] {
    if (settings_.timeout_ms)
      deadline =
          std::chrono::steady_clock::now() + std::chrono::milliseconds(*settings_.timeout_ms);
  };
  if (!entry) {
    CAPSTAN_TRY(const StopSignals stop, StopSignals::watch());
    CAPSTAN_TRY(const auto events, Events::start(callee, settings_, *shared_, report_));
    ready(events->description());
    stop.wait();
    begin_deadline();
    CAPSTAN_TRY_VOID(events->drain(deadline));
    return RunOutcome();
  }
  begin_deadline();
  CAPSTAN_TRY(const auto events, Events::start(callee, settings_, *shared_, report_));
  ready(events->description());
  CAPSTAN_TRY(RunOutcome outcome, call(prepared, *entry, name));
  if (auto settled = events->settle(deadline); !settled)
    return std::unexpected(with_advice(name, std::move(settled).error()));
  return outcome;
}

}  // namespace capstan::platform
