#include <capstan/platform/inspect.h>

#include <capstan/platform/toolchain.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace capstan::platform {
namespace {

using nlohmann::ordered_json;

std::vector<InspectedInterface> group(std::span<const ComponentItem> items) {
  std::vector<InspectedInterface> interfaces;
  for (const ComponentItem& item : items) {
    auto found = std::ranges::find(interfaces, item.interface_name, &InspectedInterface::id);
    if (found == interfaces.end()) {
      interfaces.emplace_back().id = item.interface_name;
      found = interfaces.end() - 1;
    }
    if (item.kind == ComponentItem::Kind::function)
      found->functions.push_back({item.name, item.signature, item.is_async});
    if (item.kind == ComponentItem::Kind::resource) found->resources.push_back(item.name);
  }
  return interfaces;
}

// -------------------------------------------------------------------------------------------- text

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  const double kib = static_cast<double>(bytes) / 1024;
  return kib < 1024 ? fmt::format("{:.1f} KiB", kib) : fmt::format("{:.1f} MiB", kib / 1024);
}

std::string service_text(const ImportService& service) {
  if (service.kind == "wasi") return "WASI";
  if (service.kind == "types") return "types only";
  if (service.kind == "bundle") return fmt::format("host bundle '{}'", service.name);
  if (service.kind == "capability") return fmt::format("{} ({})", service.name, service.backend);
  return "nobody";
}

std::string function_text(const InspectedFunction& function) {
  return fmt::format("{}: {}{}", function.name, function.is_async ? "async " : "",
                     function.signature);
}

void add_imports(std::string& out, const std::vector<InspectedInterface>& imports) {
  out += "\nimports\n";
  if (imports.empty()) out += "  nothing\n";
  std::size_t width = 0;
  for (const InspectedInterface& one : imports) width = std::max(width, one.id.size());
  for (const InspectedInterface& one : imports) {
    const std::string_view name = one.id.empty() ? "(the world itself)" : std::string_view(one.id);
    out += fmt::format("  {:<{}}  {}\n", name, width, service_text(*one.service));
    // Details only where they matter: WASI is the same everywhere.
    if (one.service->kind == "wasi" || one.service->kind == "types") continue;
    for (const InspectedFunction& function : one.functions)
      out += fmt::format("      {}\n", function_text(function));
  }
}

void add_exports(std::string& out, const std::vector<InspectedInterface>& exports) {
  out += "\nexports\n";
  if (exports.empty()) out += "  nothing\n";
  for (const InspectedInterface& one : exports) {
    if (!one.id.empty()) out += fmt::format("  {}\n", one.id);
    const std::string_view indent = one.id.empty() ? "  " : "      ";
    for (const std::string& resource : one.resources)
      out += fmt::format("{}resource {}\n", indent, resource);
    for (const InspectedFunction& function : one.functions)
      out += fmt::format("{}{}\n", indent, function_text(function));
  }
}

struct Maker {
  std::string field;  // "language", "processed-by", "sdk"
  std::string tool;   // "clang 19.1.7"
};

// Everybody the component and what is inside of it name, each once.
void collect_makers(const ordered_json& layer, std::vector<Maker>& makers) {
  if (!layer.is_object()) return;
  for (const ordered_json& one : layer.value("producers", ordered_json::array())) {
    const std::string version = one.value("version", "");
    const std::string separator = version.empty() ? "" : " ";
    Maker maker{one.value("field", ""), one.value("name", "") + separator + version};
    const bool known = std::ranges::any_of(makers, [&](const Maker& other) {
      return other.field == maker.field && other.tool == maker.tool;
    });
    if (!known) makers.push_back(std::move(maker));
  }
  for (const ordered_json& child : layer.value("children", ordered_json::array()))
    collect_makers(child, makers);
}

void add_producers(std::string& out, const std::string& producers) {
  std::vector<Maker> makers;
  collect_makers(ordered_json::parse(producers, nullptr, false), makers);
  if (makers.empty()) return;
  std::ranges::stable_sort(makers, {}, &Maker::field);
  out += "\nmade with\n";
  std::string_view field;
  for (const Maker& maker : makers) {
    if (maker.field != field) {
      if (!field.empty()) out += "\n";
      out += fmt::format("  {:<12}  {}", maker.field, maker.tool);
      field = maker.field;
    } else {
      out += ", " + maker.tool;
    }
  }
  out += "\n";
}

// -------------------------------------------------------------------------------------------- json

ordered_json service_json(const ImportService& service) {
  if (service.kind.empty()) return nullptr;
  ordered_json json = {{"kind", service.kind}};
  if (!service.name.empty()) json["name"] = service.name;
  if (!service.backend.empty()) json["backend"] = service.backend;
  return json;
}

ordered_json interface_json(const InspectedInterface& one) {
  ordered_json json = {{"interface", one.id}};
  json["functions"] = ordered_json::array();
  for (const InspectedFunction& function : one.functions)
    json["functions"].push_back(
        {{"name", function.name}, {"signature", function.signature}, {"async", function.is_async}});
  json["resources"] = one.resources;
  if (one.service) {
    json["served_by"] = service_json(*one.service);
    if (!one.service->advice.empty()) json["advice"] = one.service->advice;
  }
  return json;
}

ordered_json all_json(const std::vector<InspectedInterface>& interfaces) {
  ordered_json json = ordered_json::array();
  for (const InspectedInterface& one : interfaces) json.push_back(interface_json(one));
  return json;
}

std::string entry_name(const Entry& entry) {
  return entry.interface_id.empty() ? entry.name
                                    : fmt::format("{}.{}", entry.interface_id, entry.name);
}

}  // namespace

Result<Inspection> inspect(const Runner& runner, const Source& source, const Component& component) {
  Inspection inspection;
  inspection.name = source.name;
  inspection.bytes = source.component.size();
  inspection.concurrent = component.needs_concurrency();
  inspection.imports = group(component.imports());
  inspection.exports = group(component.exports());
  for (ImportService& service : runner.services(component)) {
    const auto found =
        std::ranges::find(inspection.imports, service.interface_id, &InspectedInterface::id);
    if (found != inspection.imports.end()) found->service = std::move(service);
  }
  // What is left imports nothing that could be served: a core module, a type.
  std::erase_if(inspection.imports, [](const auto& one) { return !one.service.has_value(); });

  const auto prepared = runner.prepare(component);
  if (!prepared) inspection.problem = prepared.error().message();
  if (auto entry = find_entry(component.name(), component.exports()))
    inspection.entry = *std::move(entry);
  if (!source.component.empty()) {
    CAPSTAN_TRY(inspection.producers, producers_json(source.component));
  }
  return inspection;
}

std::string to_text(const Inspection& inspection) {
  std::string out = inspection.name;
  if (inspection.bytes > 0) out += fmt::format(": component, {}", size_text(inspection.bytes));
  if (inspection.concurrent) out += ", uses component-model async";
  out += "\n";
  add_imports(out, inspection.imports);
  add_exports(out, inspection.exports);
  add_producers(out, inspection.producers);
  out += "\n";
  if (!inspection.problem.empty()) {
    out += inspection.problem + "\n";
  } else if (inspection.entry) {
    out += fmt::format("`capstan run` calls {}\n", entry_name(*inspection.entry));
  } else {
    out += "`capstan run` needs --invoke 'name(arguments)' to know what to call\n";
  }
  return out;
}

std::string to_json(const Inspection& inspection) {
  ordered_json json = {{"name", inspection.name},
                       {"bytes", inspection.bytes},
                       {"concurrent", inspection.concurrent},
                       {"linkable", inspection.problem.empty()},
                       {"problem", nullptr},
                       {"entry", nullptr},
                       {"imports", all_json(inspection.imports)},
                       {"exports", all_json(inspection.exports)},
                       {"producers", nullptr}};
  if (!inspection.problem.empty()) json["problem"] = inspection.problem;
  if (inspection.entry) json["entry"] = entry_name(*inspection.entry);
  auto producers = ordered_json::parse(inspection.producers, nullptr, false);
  if (!producers.is_discarded()) json["producers"] = std::move(producers);
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace capstan::platform
