#include <capstan/abi/list.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace capstan::abi {

ListRange check_list(Lift& cx, std::uint32_t offset, std::uint32_t count,
                     std::uint32_t element_size, std::uint32_t element_align) {
  if (!cx.ok()) return {};
  if (offset % element_align != 0) {
    cx.fail(fmt::format("list pointer {:#x} is not aligned to {} bytes", offset, element_align));
    return {};
  }
  const std::uint8_t* data = cx.bytes(offset, std::uint64_t{count} * element_size);
  return {offset, count, data};
}

ListRange allocate_list(Lower& cx, std::size_t count, std::uint32_t element_size,
                        std::uint32_t element_align) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (count > most || std::uint64_t{count} * element_size > most) {
    cx.fail(fmt::format("a list of {} elements does not fit into a 32-bit guest", count),
            CAPSTAN_ERROR_LIMIT);
    return {};
  }
  const std::uint32_t offset = cx.realloc(element_align, std::uint64_t{count} * element_size);
  return {offset, static_cast<std::uint32_t>(count)};
}

namespace {
// The whole block at once, then NaNs one by one where a step of 16 has any: nearly never.
template <typename T>
void store_canonical(Lower& cx, std::uint32_t at, const T* values, std::size_t count) {
  cx.store_bytes(at, values, count * sizeof(T));
  constexpr std::size_t step = 16;
  for (std::size_t i = 0; i < count; i += step) {
    const std::size_t end = std::min(count, i + step);
    unsigned nans = 0;
    for (std::size_t k = i; k < end; ++k) nans |= static_cast<unsigned>(values[k] != values[k]);
    if (nans == 0) [[likely]]
      continue;
    for (std::size_t k = i; k < end; ++k)
      if (values[k] != values[k])
        cx.store(at + static_cast<std::uint32_t>(k * sizeof(T)), canonical(values[k]));
  }
}
}  // namespace

void store_floats(Lower& cx, std::uint32_t at, const float* values, std::size_t count) {
  store_canonical(cx, at, values, count);
}
void store_floats(Lower& cx, std::uint32_t at, const double* values, std::size_t count) {
  store_canonical(cx, at, values, count);
}

}  // namespace capstan::abi
