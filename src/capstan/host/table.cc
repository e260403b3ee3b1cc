#include <capstan/host/table.h>

namespace capstan::host {
namespace {

void destroy_resource(void*, void* user, std::uint32_t rep) noexcept {
  static_cast<abi::StoreContext*>(user)->handles->destroy(rep);
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
                         .flags = function.flags,
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
