#include <capstan/host/linker.h>

#include <capstan/host/core.h>
#include <capstan/host/diagnostics.h>
#include <capstan/host/streams.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace capstan {
namespace {

using Registered = LinkerBase::Registered;
using Connected = PreparedBase::Core::Connected;
using ResourceNames = std::map<std::string, std::string, std::less<>>;

// What a component imports under one name.
struct Import {
  std::string_view name;  // empty: the world's own functions
  std::vector<const ComponentItem*> functions;
  std::vector<const ComponentItem*> resources;
};

std::vector<Import> group(const std::vector<ComponentItem>& items) {
  std::vector<Import> imports;
  for (const ComponentItem& item : items) {
    auto found = std::ranges::find(imports, item.interface_name, &Import::name);
    if (found == imports.end()) {
      imports.push_back({.name = item.interface_name, .functions = {}, .resources = {}});
      found = imports.end() - 1;
    }
    if (item.kind == ComponentItem::Kind::function) found->functions.push_back(&item);
    if (item.kind == ComponentItem::Kind::resource) found->resources.push_back(&item);
  }
  return imports;
}

const std::vector<std::string>& wasi_interfaces() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> collected;
    capstan_wasi_interfaces(
        [](void* context, const capstan_item* item) {
          static_cast<std::vector<std::string>*>(context)->emplace_back(
              abi::detail::from_c(item->interface_name));
        },
        &collected);
    return collected;
  }();
  return names;
}

template <typename Names>
bool offers(const Names& names, std::string_view wanted) {
  const std::string key = host::compatibility_key(wanted);
  return std::ranges::any_of(names, [&](std::string_view name) {
    return name == wanted || (!key.empty() && host::compatibility_key(name) == key);
  });
}

constexpr std::string_view stream_resources[] = {host::detail::output_stream_resource,
                                                 host::detail::input_stream_resource};

// The name of a stream that the host makes, for both sides; nothing in a WIT is called so.
std::string stream_name(std::string_view resource) { return fmt::format("#{}", resource); }

// Connecting one component: finds a provider for each import and collects everything that does not
// fit.
class Connection {
 public:
  Connection(const std::vector<std::shared_ptr<const Registered>>& interfaces, bool wasi)
      : interfaces_(interfaces), wasi_(wasi) {
    for (const auto& registered : interfaces_) provided_.push_back(registered->shape.id);
    if (wasi_)
      provided_.insert(provided_.end(), wasi_interfaces().begin(), wasi_interfaces().end());
  }

  void connect(const Component& component, PreparedBase::Core& into) {
    const std::vector<Import> imports = group(component.imports());
    for (const std::string_view resource : stream_resources)
      host_names_.emplace(resource, stream_name(resource));
    // All resources first: functions of one interface may use those of another.
    std::vector<std::pair<const Import*, std::shared_ptr<const Registered>>> found;
    for (const Import& import : imports) {
      auto registered = find(import.name);
      if (registered != nullptr) {
        found.emplace_back(&import, registered);
        name_resources(import, *registered);
      } else if (wasi_ && offers(wasi_interfaces(), import.name)) {
        name_streams(import, into);
      } else {
        missing(import);
      }
    }
    for (const auto& [import, registered] : found) {
      into.registered.push_back(registered);
      into.connected.push_back(std::make_unique<Connected>());
      connect_interface(*import, *registered, into, *into.connected.back());
    }
  }

  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::shared_ptr<const Registered> find(std::string_view name) const {
    const std::string key = host::compatibility_key(name);
    std::shared_ptr<const Registered> compatible;
    for (const auto& registered : interfaces_) {
      if (registered->shape.id == name) return registered;
      if (!key.empty() && host::compatibility_key(registered->shape.id) == key)
        compatible = registered;
    }
    return compatible;
  }

  void missing(const Import& import) {
    if (import.functions.empty() && import.resources.empty())
      return;  // only types: nothing to provide
    if (import.name.empty()) {
      for (const ComponentItem* function : import.functions)
        problems_.push_back(
            fmt::format("the component imports the world-level function '{}', which nothing "
                        "provides: register the world's imports with their add_to_linker()",
                        function->name));
      return;
    }
    problems_.push_back(fmt::format("the component imports {}, which nothing provides: {}",
                                    import.name,
                                    host::advice_for_missing(import.name, provided_, wasi_)));
  }

  // A resource gets one name for both sides: "#7" for the host type with id 7.
  void name_resources(const Import& import, const Registered& registered) {
    for (std::size_t i = 0; i < registered.resources.size(); ++i) {
      const host::ResourceShape& resource = registered.shape.resources[i];
      const std::string id = fmt::format("#{}", registered.resources[i].id);
      host_names_.emplace(resource.origin, id);
      for (const ComponentItem* item : import.resources)
        if (item->name == resource.name) component_names_.emplace(item->signature, id);
    }
  }

  // The resources of which the host can make objects for WASI, which serves this import.
  void name_streams(const Import& import, PreparedBase::Core& into) {
    constexpr std::string_view interface = "wasi:io/streams@0.2";
    if (host::compatibility_key(import.name) != interface) return;
    for (const std::string_view resource : stream_resources) {
      for (const ComponentItem* item : import.resources) {
        if (item->name != resource.substr(interface.size() + 1)) continue;
        component_names_.emplace(item->signature, stream_name(resource));
        into.streams.emplace(item->signature, stream_name(resource));
      }
    }
  }

  void connect_interface(const Import& import, const Registered& registered,
                         const PreparedBase::Core& core, Connected& into) {
    for (const ComponentItem* item : import.resources) {
      // `use wasi:io/streams.{output-stream}`: WASI's, also in this interface.
      if (core.streams.contains(item->signature)) continue;
      const auto found =
          std::ranges::find(registered.shape.resources, item->name, &host::ResourceShape::name);
      if (found == registered.shape.resources.end()) {
        problems_.push_back(
            fmt::format("{}: the host has no resource '{}'", import.name, item->name));
        continue;
      }
      into.resources.push_back(&registered.resources[index_of(found, registered.shape.resources)]);
    }
    for (const ComponentItem* item : import.functions) {
      const auto found =
          std::ranges::find(registered.shape.functions, item->name, &abi::FunctionShape::name);
      if (found == registered.shape.functions.end()) {
        unknown_function(import, registered, *item);
        continue;
      }
      const std::size_t index = index_of(found, registered.shape.functions);
      if (same_type(import, *item, registered.signatures[index]))
        into.functions.push_back(&registered.functions[index]);
    }
    into.table = {.struct_size = sizeof(capstan_interface),
                  .import_name = abi::detail::to_c(import.name),
                  .functions = into.functions.data(),
                  .function_count = into.functions.size(),
                  .resources = into.resources.data(),
                  .resource_count = into.resources.size()};
  }

  template <typename Iterator, typename Range>
  static std::size_t index_of(Iterator found, const Range& range) {
    return static_cast<std::size_t>(found - range.begin());
  }

  void unknown_function(const Import& import, const Registered& registered,
                        const ComponentItem& item) {
    std::vector<std::string_view> names;
    for (const abi::FunctionShape& function : registered.shape.functions)
      names.push_back(function.name);
    const std::string_view near = host::nearest(item.name, names);
    problems_.push_back(fmt::format("{}: the host has no function '{}'{}", import.name, item.name,
                                    near.empty() ? "" : fmt::format(" (it has '{}')", near)));
  }

  bool same_type(const Import& import, const ComponentItem& item, std::string_view host_signature) {
    if (host::rename_resources(item.signature, component_names_) ==
        host::rename_resources(host_signature, host_names_))
      return true;
    problems_.push_back(fmt::format("{}#{} has another type in the component than in the host:\n{}",
                                    import.name, item.name,
                                    host::show_difference(item.signature, host_signature)));
    return false;
  }

  const std::vector<std::shared_ptr<const Registered>>& interfaces_;
  bool wasi_;
  std::vector<std::string_view> provided_;
  ResourceNames component_names_;
  ResourceNames host_names_;
  std::vector<std::string> problems_;
};

Error cannot_link(const Component& component, const std::vector<std::string>& problems) {
  if (problems.size() == 1)
    return Error(ErrorCode::not_linkable,
                 fmt::format("cannot link '{}': {}", component.name(), problems[0]));
  std::string message =
      fmt::format("cannot link '{}', {} problems:", component.name(), problems.size());
  for (const std::string& problem : problems) message += "\n- " + problem;
  return Error(ErrorCode::not_linkable, std::move(message));
}

}  // namespace

// -------------------------------------------------------------------------------------------
// linker

LinkerBase::LinkerBase(Engine engine) : engine_(std::move(engine)) {}

Result<void> LinkerBase::add(const host::InterfaceShape& shape, host::Provider provider) {
  auto registered = std::make_shared<Registered>();
  registered->fill(shape, std::move(provider));
  replace(std::move(registered));
  return {};
}

Result<void> LinkerBase::add(host::RuntimeInterface interface) {
  auto registered = std::make_shared<Registered>();
  registered->provider.keep_alive = std::move(interface.keep_alive);
  registered->functions = std::move(interface.functions);
  for (const capstan_function& function : registered->functions) {
    abi::FunctionShape& shape = registered->function_shapes.emplace_back();
    shape.name = abi::detail::from_c(function.name);
    registered->signatures.emplace_back(abi::detail::from_c(function.signature));
  }
  for (const auto& [table, origin] : interface.resources) {
    registered->resources.push_back(table);
    registered->resource_shapes.push_back({abi::detail::from_c(table.name), nullptr, origin});
  }
  registered->shape = {interface.id, registered->function_shapes, registered->resource_shapes};
  replace(std::move(registered));
  return {};
}

void LinkerBase::replace(std::shared_ptr<const Registered> registered) {
  std::erase_if(interfaces_,
                [&](const auto& other) { return other->shape.id == registered->shape.id; });
  interfaces_.push_back(std::move(registered));
}

Result<std::shared_ptr<const PreparedBase::Core>> LinkerBase::prepare_core(
    const Component& component) const {
  if (component.core()->owner != engine_.core())
    return fail(ErrorCode::invalid_argument,
                "the component was loaded by another engine than the linker's");
  auto core = std::make_shared<PreparedBase::Core>(component);

  Connection connection(interfaces_, wasi_);
  connection.connect(component, *core);
  if (!connection.problems().empty())
    return std::unexpected(cannot_link(component, connection.problems()));

  std::vector<const capstan_interface*> tables;
  for (const auto& connected : core->connected) tables.push_back(&connected->table);
  const capstan_prepare_options options{.struct_size = sizeof options,
                                        .wasi = wasi_,
                                        .interfaces = tables.data(),
                                        .interface_count = tables.size()};
  capstan_prepared* prepared = nullptr;
  if (auto made = host::check(capstan_prepared_new(
          component.core()->engine, component.core()->component.get(), &options, &prepared));
      !made)
    return std::unexpected(
        std::move(made).error().with_context(fmt::format("cannot link '{}'", component.name())));
  core->prepared.reset(prepared);
  return core;
}

// -----------------------------------------------------------------------------------------
// prepared

const Component& PreparedBase::component() const { return core_->component; }
bool PreparedBase::may_suspend() const {
  return capstan_prepared_may_suspend(core_->prepared.get());
}

Result<const host::ExportTable*> PreparedBase::Core::exports(const host::WorldShape& world) const {
  const std::lock_guard lock(mutex_);
  const auto known = tables_.find(world.exports.data());
  if (known != tables_.end()) return &known->second;
  CAPSTAN_TRY(host::ExportTable table, find_exports(world));
  return &tables_.emplace(world.exports.data(), std::move(table)).first->second;
}

namespace {

// The export an ExportShape means: the exact interface, else one of a compatible version.
const ComponentItem* find_export(const Component& component, const host::ExportShape& wanted) {
  const std::string key = host::compatibility_key(wanted.interface_id);
  const ComponentItem* compatible = nullptr;
  for (const ComponentItem& item : component.exports()) {
    if (item.kind != ComponentItem::Kind::function || item.name != wanted.name) continue;
    if (item.interface_name == wanted.interface_id) return &item;
    if (!key.empty() && host::compatibility_key(item.interface_name) == key) compatible = &item;
  }
  return compatible;
}

std::string qualified(std::string_view interface_id, std::string_view name) {
  return interface_id.empty() ? std::string(name) : fmt::format("{}#{}", interface_id, name);
}

// Names host resources alike on both sides, and lets exported resources of a compatible version
// pass for each other.
ResourceNames resource_names(const PreparedBase::Core& core) {
  ResourceNames names = core.streams;
  for (const std::string_view resource : stream_resources)
    names.emplace(resource, stream_name(resource));
  for (std::size_t i = 0; i < core.registered.size(); ++i) {
    const std::string_view import_name = abi::detail::from_c(core.connected[i]->table.import_name);
    const LinkerBase::Registered& registered = *core.registered[i];
    for (std::size_t j = 0; j < registered.resources.size(); ++j) {
      const host::ResourceShape& resource = registered.shape.resources[j];
      const std::string id = fmt::format("#{}", registered.resources[j].id);
      names.emplace(resource.origin, id);
      for (const ComponentItem& item : core.component.imports())
        if (item.kind == ComponentItem::Kind::resource && item.interface_name == import_name &&
            item.name == resource.name)
          names.emplace(item.signature, id);
    }
  }
  return names;
}

void name_exported_resource(ResourceNames& names, std::string_view host_interface,
                            std::string_view component_interface, const Component& component) {
  for (const ComponentItem& item : component.exports()) {
    if (item.kind != ComponentItem::Kind::resource || item.interface_name != component_interface)
      continue;
    names.emplace(fmt::format("exported {}.{}", host_interface, item.name), item.signature);
  }
}

}  // namespace

Result<host::ExportTable> PreparedBase::Core::find_exports(const host::WorldShape& world) const {
  ResourceNames names = resource_names(*this);
  host::ExportTable table;
  std::vector<std::string> problems;
  for (const host::ExportShape& wanted : world.exports) {
    const ComponentItem* item = find_export(component, wanted);
    if (item == nullptr) {
      problems.push_back(fmt::format("the component does not export {}",
                                     qualified(wanted.interface_id, wanted.name)));
      continue;
    }
    name_exported_resource(names, wanted.interface_id, item->interface_name, component);
    const std::string expected = wanted.signature(wanted.parameters);
    if (host::rename_resources(item->signature, names) != host::rename_resources(expected, names)) {
      problems.push_back(
          fmt::format("the export {} has another type in the component than in the host:\n{}",
                      qualified(wanted.interface_id, wanted.name),
                      host::show_difference(item->signature, expected)));
      continue;
    }
    table.exports.push_back(capstan_prepared_export(
        prepared.get(), abi::detail::to_c(item->interface_name), abi::detail::to_c(item->name)));
  }
  if (problems.empty()) return table;
  std::string message = fmt::format("'{}' is no {}: {}", component.name(), world.name, problems[0]);
  for (std::size_t i = 1; i < problems.size(); ++i) message += "\n- " + problems[i];
  return fail(ErrorCode::not_linkable, std::move(message));
}

}  // namespace capstan
