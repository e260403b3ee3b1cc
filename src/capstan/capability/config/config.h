// Configuration values that a component may read, as Capstan sees them.
//
// What a backend implements and what wasi:config (bind.h) is translated to. All backends behave
// alike (conformance_testing.h says how): values are listed sorted by key, and stay what they were
// when the component started. Keys have 1 to 1024 bytes, values at most 64 KiB, and there are at
// most 10,000 of them; both are UTF-8. Threads: a Source may be used from any number of threads.
#pragma once

#include <capstan/base/result.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::config {

inline constexpr std::size_t key_bytes_max = 1024;
inline constexpr std::size_t value_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t values_max = 10'000;

enum class ErrorKind : std::uint8_t {
  upstream,  // the service that keeps the values failed
  io,        // reading them failed
};

struct Error {
  ErrorKind kind = ErrorKind::io;
  std::string message;
};

template <typename T>
using Outcome = std::expected<T, Error>;
using Values = std::vector<std::pair<std::string, std::string>>;

class Source {
 public:
  virtual ~Source() = default;

  [[nodiscard]] virtual Outcome<std::optional<std::string>> get(std::string_view key) = 0;
  // Sorted by key.
  [[nodiscard]] virtual Outcome<Values> all() = 0;
};

// Exactly these values; of a key that is given twice the last one counts. Errors name the key and
// never the value.
struct FixedOptions {
  Values values;
};
[[nodiscard]] Result<std::shared_ptr<Source>> connect_with(const FixedOptions& options);

}  // namespace capstan::config
