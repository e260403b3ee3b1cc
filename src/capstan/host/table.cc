#include <capstan/host/table.h>

namespace capstan::host {
namespace {

void destroy_resource(void*, void* user, std::uint32_t rep) noexcept {
  static_cast<abi::StoreContext*>(user)->handles->destroy(rep);
}

// A function whose tasks are always finished is one that never suspends; the engine refuses it when
// that was not true.
std::uint32_t flags_of(const abi::FunctionShape& function, Suspends suspends) {
  if (suspends == Suspends::never) return function.flags & ~std::uint32_t{CAPSTAN_MAY_SUSPEND};
  return function.flags;
}

}  // namespace

void Table::fill(const InterfaceShape& from, Provider by) {
  shape = from;
  provider = std::move(by);
  bound.reserve(shape.functions.size());
  signatures.reserve(shape.functions.size());
  for (const abi::FunctionShape& function : shape.functions) {
    bound.push_back({&function, shape.id, provider.binding});
    signatures.push_back(function.signature(function.parameters));
    functions.push_back({.struct_size = sizeof(capstan_function),
                         .name = abi::detail::to_c(function.name),
                         .signature = abi::detail::to_c(signatures.back()),
                         .flags = flags_of(function, provider.suspends),
                         .frame_bytes = function.frame_bytes,
                         .frame_align = function.frame_align,
                         .enter = function.enter,
                         .poll = function.poll,
                         .lower = function.lower,
                         .drop = function.drop,
                         .self = &bound.back(),
                         .direct = function.direct});
  }
  for (const ResourceShape& resource : shape.resources)
    resources.push_back({.struct_size = sizeof(capstan_resource),
                         .name = abi::detail::to_c(resource.name),
                         .id = resource.id(),
                         .destroy = &destroy_resource,
                         .self = nullptr});
}

}  // namespace capstan::host
