#include <capstan/capability/keyvalue/counter.h>

#include <fmt/format.h>

#include <cstring>

namespace capstan::keyvalue {

static_assert(std::endian::native == std::endian::little, "counters are copied as they are");

Bytes counter_bytes(std::int64_t value) {
  std::vector<std::uint8_t> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

Outcome<std::int64_t> counter_sum(std::optional<std::span<const std::uint8_t>> before,
                                  std::int64_t delta) {
  std::int64_t value = 0;
  if (before) {
    if (before->size() != sizeof value)
      return std::unexpected(
          Error{ErrorKind::other,
                fmt::format("the value has {} bytes and is no counter: a counter has {}",
                            before->size(), sizeof value)});
    std::memcpy(&value, before->data(), sizeof value);
  }
  std::int64_t sum = 0;
  if (__builtin_add_overflow(value, delta, &sum))
    return std::unexpected(
        Error{ErrorKind::other,
              fmt::format("the counter is {} and cannot take {} more: a counter has 64 bits with "
                          "its sign",
                          value, delta)});
  return sum;
}

}  // namespace capstan::keyvalue
