#include <fmt/format.h>

#include "emit.h"
#include "layout.h"
#include "names.h"

namespace capstan::codegen::host {
namespace {

// The tables of a world share their namespace with its package's interfaces: they bear its name.
std::string table_prefix(const Plan& plan) {
  return snake(plan.model->worlds[plan.world].name) + "_";
}

// Everything the world exports, in the order of the functions' numbers.
std::vector<std::string> export_entries(const Plan& plan) {
  std::vector<std::string> entries(plan.export_count);
  for (const auto& scope : plan.exports) {
    const Site site(plan, *scope, plan.world_path);
    const std::string owner =
        scope->interface ? site.types.qualified(*scope, "Guest") : plan.world_class;
    for (const Method& method : scope->functions)
      entries[method.index] = guest_entry(site, method, owner);
    for (const NamedType& type : scope->types) {
      for (const Method& method : type.methods)
        entries[method.index] = guest_entry(site, method, site.types.name(type.id));
    }
  }
  return entries;
}

//   wit::exports::demo::app::api::Guest api() const { return Guest(instance_); }
std::string accessors(const Plan& plan) {
  std::string text;
  for (const auto& scope : plan.exports) {
    if (!scope->interface || scope->functions.empty()) continue;
    const std::string guest = fmt::format("{}::Guest", fmt::join(scope->path, "::"));
    const std::string declaration = fmt::format("{} {}() const", guest, scope->accessor);
    text += "  " + returning(2, declaration, guest + "(instance_)") + "\n";
  }
  return text;
}

//   template <typename State>
//   static capstan::Result<Demo> instantiate(capstan::Store<State>& store,
//                                            const capstan::PreparedComponent<State>& prepared) {
std::string instantiate(const std::string& world, std::string_view name, const char* result) {
  const std::vector<std::string> parameters = {"capstan::Store<State>& store",
                                               "const capstan::PreparedComponent<State>& prepared"};
  const std::string type = "static " + fmt::format(fmt::runtime(result), world);
  const std::string call =
      fmt::format("return capstan::host::{}<{}>(",
                  name == "instantiate" ? "instantiate_world" : "instantiate_world_async", world);
  return fmt::format("  template <typename State>\n  {}\n    {}\n  }}\n",
                     function_head(2, type, name, parameters, ") {"),
                     packed(4, call, {"store", "prepared"}, ");"));
}

//   class Demo {
//    public:
//     template <typename State>
//     static capstan::Result<Demo> instantiate(capstan::Store<State>& store, ...);
//     capstan::Result<bool> run() const;
Text emit_world_class(const Plan& plan) {
  const Site site(plan, plan.world_exports(), plan.world_path);
  const std::string& name = plan.world_class;
  const Text functions =
      emit_guest_functions(site, plan.world_exports().functions, name, "instance_");
  const std::string making = fmt::format(
      "{}{}  // Takes over an instance, if it exports what the world says.\n"
      "  static capstan::Result<{}> bind(capstan::Instance instance);\n",
      instantiate(name, "instantiate", "capstan::Result<{}>"),
      instantiate(name, "instantiate_async", "capstan::Task<capstan::Result<{}>>"), name);
  Text text;
  text.header = fmt::format(
      "{0}class {1} {{\n public:\n{2}\n"
      "  const capstan::Instance& instance() const {{ return instance_; }}\n\n private:\n"
      "  explicit {1}(capstan::Instance instance) : instance_(std::move(instance)) {{}}\n\n"
      "  capstan::Instance instance_;\n}};\n",
      comment(0, plan.model->worlds[plan.world].notes), name,
      spaced({making, functions.header, accessors(plan)}));

  const std::vector<std::string> entries = export_entries(plan);
  const std::string id = quoted(plan.model->world_id(plan.world));
  const std::string exports = table_prefix(plan) + "exports";
  const std::string shape = table_prefix(plan) + "shape";
  std::string tables;
  if (!entries.empty())
    tables = braced(0, fmt::format("constexpr capstan::host::ExportShape {}[] =", exports), entries,
                    ";") +
             "\n\n";
  tables += packed(0, fmt::format("constexpr capstan::host::WorldShape {} = {{", shape),
                   {id, entries.empty() ? "{}" : exports}, "};") +
            "\n";
  const std::string bind = fmt::format(
      "capstan::Result<{0}> {0}::bind(capstan::Instance instance) {{\n"
      "  CAPSTAN_TRY_VOID(instance.bind({1}));\n"
      "  return {0}(std::move(instance));\n}}\n",
      name, shape);
  text.source = spaced({anonymous(tables), bind, functions.source});
  return text;
}

}  // namespace

Text emit_world(const Plan& plan) {
  const Site site(plan, plan.world_imports(), plan.world_path);
  const std::string imports = plan.world_class + "Imports";
  const Text host = emit_host(site, imports, table_prefix(plan) + "imports_");
  const Text world = emit_world_class(plan);
  return {in_namespace(plan.world_path, spaced({host.header, world.header})),
          in_namespace(plan.world_path, spaced({host.source, world.source}))};
}

}  // namespace capstan::codegen::host
