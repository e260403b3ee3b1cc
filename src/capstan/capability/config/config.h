// Configuration values that a component may read, as Capstan sees them.
//
// What a backend implements and what wasi:config (bind.h) is translated to. Threads: a Source may
// be used from any number of threads.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::config {

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

// Exactly these values; of a key that is given twice the last one counts.
[[nodiscard]] std::shared_ptr<Source> make_fixed_values(const Values& values);

}  // namespace capstan::config
