#include <capstan/abi/call.h>

#include <fmt/format.h>

#include <limits>

namespace capstan::abi {

void Lift::out_of_bounds(std::uint64_t offset, std::uint64_t bytes) {
  fail(fmt::format("pointer out of bounds: {} bytes at {:#x}, memory has {} bytes", bytes, offset,
                   call_.memory_bytes));
}

void Lift::too_much_data(std::uint64_t wanted) {
  fail(fmt::format(
           "too much data for one call: {} more bytes, {} are left of the limit on lifted bytes",
           wanted, call_.fuel),
       CAPSTAN_ERROR_LIMIT);
}

std::uint32_t Lower::reallocate(std::uint32_t old_offset, std::uint32_t old_bytes,
                                std::uint32_t align, std::uint64_t bytes) {
  if (!ok()) return 0;
  if (bytes > std::numeric_limits<std::uint32_t>::max()) {
    fail(fmt::format("{} bytes do not fit into a 32-bit guest", bytes), CAPSTAN_ERROR_LIMIT);
    return 0;
  }
  std::uint32_t offset = 0;
  adopt(call_.realloc(&call_, old_offset, old_bytes, align, static_cast<std::uint32_t>(bytes),
                      &offset));
  return offset;
}

}  // namespace capstan::abi
