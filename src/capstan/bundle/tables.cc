#include <capstan/bundle/tables.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace capstan::bundle {
namespace {

// More than any version will ever have: a size or count above is no size or count.
constexpr std::size_t struct_bytes_max = 4096;
constexpr std::size_t items_max = 10'000;
constexpr std::size_t name_bytes_max = 4096;
constexpr std::size_t signature_bytes_max = 1024 * 1024;
constexpr std::uint32_t frame_bytes_max = 1024 * 1024;
constexpr std::uint32_t frame_align_max = 64;
constexpr std::uint32_t flags_known = CAPSTAN_MAY_SUSPEND;

std::unexpected<Error> broken(std::string message) {
  return fail(ErrorCode::not_loadable, std::move(message));
}

// The structure as we know it. Version 1.0 has all fields there are.
template <typename T>
Result<T> read_struct(const T* from, std::string_view what) {
  if (from == nullptr) return broken(fmt::format("{} is a null pointer", what));
  std::size_t size = 0;
  std::memcpy(&size, &from->struct_size, sizeof size);
  if (size < sizeof(T))
    return broken(fmt::format(
        "{} says it has {} bytes, but {} is the least: set struct_size to sizeof the structure",
        what, size, sizeof(T)));
  if (size > struct_bytes_max)
    return broken(fmt::format("{} says it has {} bytes, which no version has", what, size));
  T known;
  std::memcpy(&known, from, sizeof known);
  known.struct_size = sizeof known;
  return known;
}

Result<std::string> read_text(capstan_text text, std::size_t bytes_max, std::string_view what) {
  if (text.size == 0) return std::string();
  if (text.data == nullptr) return broken(fmt::format("{} is a null pointer", what));
  if (text.size > bytes_max)
    return broken(fmt::format("{} has {} bytes, more than {}", what, text.size, bytes_max));
  const std::string_view view(text.data, text.size);
  const auto printable = [](char c) { return c >= ' ' && c != '\x7f'; };
  if (!std::ranges::all_of(view, printable))
    return broken(fmt::format("{} has characters that no WIT name has", what));
  return std::string(view);
}

Result<void> check_list(const void* list, std::size_t count, std::string_view what) {
  if (count > items_max)
    return broken(fmt::format("{} has {} entries, more than {}", what, count, items_max));
  if (count > 0 && list == nullptr) return broken(fmt::format("{} is a null pointer", what));
  return {};
}

Result<void> check_function(const capstan_function& function, std::string_view what) {
  if (function.enter == nullptr || function.lower == nullptr || function.drop == nullptr)
    return broken(fmt::format("{} needs enter, lower and drop, one of them is NULL", what));
  if ((function.flags & ~flags_known) != 0)
    return broken(fmt::format("{} has unknown flags: {:#x}", what, function.flags & ~flags_known));
  if ((function.flags & CAPSTAN_MAY_SUSPEND) != 0 && function.poll == nullptr)
    return broken(fmt::format("{} may suspend, but its poll is NULL", what));
  if (function.frame_bytes > frame_bytes_max)
    return broken(fmt::format("{} wants a frame of {} bytes, more than {}", what,
                              function.frame_bytes, frame_bytes_max));
  const std::uint32_t align = function.frame_align;
  if (align == 0 || align > frame_align_max || (align & (align - 1)) != 0)
    return broken(fmt::format("{} has frame_align {}, which is no power of two from 1 to {}", what,
                              align, frame_align_max));
  return {};
}

Result<OfferedFunction> read_function(const capstan_function* from, std::string_view interface,
                                      std::size_t index) {
  const std::string place = fmt::format("function {} of {}", index, interface);
  CAPSTAN_TRY(const capstan_function table, read_struct(from, place));
  CAPSTAN_TRY(std::string name, read_text(table.name, name_bytes_max, "the name of " + place));
  const std::string what = fmt::format("{}#{}", interface, name);
  CAPSTAN_TRY(std::string signature,
              read_text(table.signature, signature_bytes_max, "the signature of " + what));
  CAPSTAN_TRY_VOID(check_function(table, what));
  return OfferedFunction{std::move(name), std::move(signature), table};
}

Result<OfferedResource> read_resource(const capstan_resource* from, std::string_view interface,
                                      std::size_t index) {
  const std::string place = fmt::format("resource {} of {}", index, interface);
  CAPSTAN_TRY(const capstan_resource table, read_struct(from, place));
  CAPSTAN_TRY(std::string name, read_text(table.name, name_bytes_max, "the name of " + place));
  if (table.id == 0)
    return broken(
        fmt::format("the resource {}.{} has no id: take one from the host's "
                    "resource_id_new",
                    interface, name));
  if (table.destroy == nullptr)
    return broken(fmt::format("the resource {}.{} has no destroy", interface, name));
  return OfferedResource{std::move(name), table};
}

Result<OfferedInterface> read_interface(const capstan_interface* from, std::size_t index) {
  const std::string place = fmt::format("interface {}", index);
  CAPSTAN_TRY(const capstan_interface table, read_struct(from, place));
  OfferedInterface interface;
  CAPSTAN_TRY(interface.id, read_text(table.import_name, name_bytes_max, "the name of " + place));
  const std::string_view id = interface.id;
  CAPSTAN_TRY_VOID(check_list(table.functions, table.function_count,
                              fmt::format("the list of functions of {}", id)));
  CAPSTAN_TRY_VOID(check_list(table.resources, table.resource_count,
                              fmt::format("the list of resources of {}", id)));
  for (std::size_t i = 0; i < table.function_count; ++i) {
    CAPSTAN_TRY(auto function, read_function(table.functions[i], id, i));
    interface.functions.push_back(std::move(function));
  }
  for (std::size_t i = 0; i < table.resource_count; ++i) {
    CAPSTAN_TRY(auto resource, read_resource(table.resources[i], id, i));
    interface.resources.push_back(std::move(resource));
  }
  return interface;
}

// Before anything else: another major version may look different.
Result<void> check_version(const capstan_bundle* bundle) {
  if (bundle == nullptr) return broken("its entry point gave no table");
  if (bundle->abi_major != CAPSTAN_BUNDLE_ABI_MAJOR)
    return broken(fmt::format(
        "it was built for version {}.{} of the bundle interface, this is {}.{}: build it again",
        bundle->abi_major, bundle->abi_minor, CAPSTAN_BUNDLE_ABI_MAJOR, CAPSTAN_BUNDLE_ABI_MINOR));
  if (bundle->abi_minor > CAPSTAN_BUNDLE_ABI_MINOR)
    return broken(fmt::format(
        "it needs version {}.{} of the bundle interface, this is {}.{}: use a newer Capstan",
        bundle->abi_major, bundle->abi_minor, CAPSTAN_BUNDLE_ABI_MAJOR, CAPSTAN_BUNDLE_ABI_MINOR));
  return {};
}

}  // namespace

Result<Tables> read_tables(const capstan_bundle* bundle) {
  CAPSTAN_TRY_VOID(check_version(bundle));
  Tables tables;
  CAPSTAN_TRY(tables.bundle, read_struct(bundle, "its table"));
  if ((tables.bundle.store_new == nullptr) != (tables.bundle.store_delete == nullptr))
    return broken("store_new and store_delete must both be there, or both be NULL");
  CAPSTAN_TRY_VOID(check_list(tables.bundle.interfaces, tables.bundle.interface_count,
                              "the list of interfaces"));
  for (std::size_t i = 0; i < tables.bundle.interface_count; ++i) {
    CAPSTAN_TRY(auto interface, read_interface(tables.bundle.interfaces[i], i));
    tables.interfaces.push_back(std::move(interface));
  }
  return tables;
}

}  // namespace capstan::bundle
