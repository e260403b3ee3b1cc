// The values of a database, as wasi:sql knows them: twelve types, each with a null of its own.
#pragma once

#include <capstan/base/bytes.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace capstan::sql {

// In the order of the interface, and of Value's alternatives.
enum class Type : std::uint8_t {
  int32,
  int64,
  uint32,
  uint64,
  float_,   // NOLINT: a keyword gets an underscore
  double_,  // NOLINT: likewise
  str,
  boolean,
  date,
  time,
  timestamp,
  binary,
};

// Text of ISO 8601 (civil.h says what is taken), kept as it was written.
struct Date {
  std::string text;  // "2026-02-28"
  bool operator==(const Date&) const = default;
};
struct Time {
  std::string text;  // "23:59:59.5"
  bool operator==(const Time&) const = default;
};
struct Timestamp {
  std::string text;  // "2026-02-28T23:59:59Z"
  bool operator==(const Timestamp&) const = default;
};

using Value = std::variant<std::optional<std::int32_t>, std::optional<std::int64_t>,
                           std::optional<std::uint32_t>, std::optional<std::uint64_t>,
                           std::optional<float>, std::optional<double>, std::optional<std::string>,
                           std::optional<bool>, std::optional<Date>, std::optional<Time>,
                           std::optional<Timestamp>, std::optional<Bytes>>;

[[nodiscard]] inline Type type_of(const Value& value) { return static_cast<Type>(value.index()); }

// The null of a type.
[[nodiscard]] Value null_of(Type type);

// What a value takes in memory, about.
[[nodiscard]] std::uint64_t bytes_of(const Value& value);

}  // namespace capstan::sql
