// What can go wrong with files that hold keys, in the words of wasi:keyvalue.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace capstan::keyfiles {

enum class FailureKind : std::uint8_t { no_such_store, access_denied, other };

struct Failure {
  FailureKind kind = FailureKind::other;
  std::string message;
};

template <typename T>
using Outcome = std::expected<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> failed(std::string message) {
  return std::unexpected(Failure{FailureKind::other, std::move(message)});
}

// What errno says about an attempt to `doing`, such as "write 'a'".
[[nodiscard]] std::unexpected<Failure> failed_with(int error, std::string_view doing);

}  // namespace capstan::keyfiles
