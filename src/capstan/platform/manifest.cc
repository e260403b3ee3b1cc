#include <capstan/platform/manifest.h>

#include <capstan/base/config_table.h>
#include <capstan/platform/project.h>

namespace capstan::platform {
namespace {

Result<Manifest> from_table(const ConfigTable& table, const std::filesystem::path& folder) {
  Manifest manifest;
  CAPSTAN_TRY(const ConfigTable component, table.table("component"));
  CAPSTAN_TRY(manifest.source, component.text("source"));
  CAPSTAN_TRY(manifest.name, component.text_or("name", ""));
  if (manifest.source.empty())
    return std::unexpected(component.error_at("source", "'source' is empty: name the component"));
  if (manifest.name.empty()) manifest.name = manifest.source.filename().string();
  if (manifest.source.is_relative()) manifest.source = folder / manifest.source;

  CAPSTAN_TRY(const auto run, table.table_if("run"));
  if (run) {
    CAPSTAN_TRY(manifest.run, read_run_table(*run, folder));
  }
  // What `capstan build` reads is no unknown key.
  CAPSTAN_TRY(const auto build, table.table_if("build"));
  if (build) {
    CAPSTAN_TRY_VOID(read_build_settings(*build));
  }
  CAPSTAN_TRY_VOID(table.finish());
  return manifest;
}

}  // namespace

Result<Manifest> read_manifest(const std::filesystem::path& file) {
  CAPSTAN_TRY(const ConfigTable table, ConfigTable::read(file));
  return from_table(table, file.parent_path());
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view file,
                                const std::filesystem::path& folder) {
  CAPSTAN_TRY(const ConfigTable table, ConfigTable::parse(text, file));
  return from_table(table, folder);
}

}  // namespace capstan::platform
