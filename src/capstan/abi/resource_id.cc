#include <capstan/abi/handle.h>

#include <atomic>

// Apart from handle.cc: in a bundle, the host gives the numbers.
namespace capstan::abi {

std::uint32_t next_resource_id() {
  static std::atomic<std::uint32_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace capstan::abi
