// Failure: why a request to a service came to nothing, and whether it may be made again.
//
// Two things decide whether a request that failed is safe to repeat: whether the service can have
// carried it out, and what doing it twice would do.
//
//                              certainly not carried out     perhaps carried out
//   Effect::none               again                         again
//   Effect::repeatable         again                         again
//   Effect::once               again                         never
//
// Threads: values; used from any thread.
#pragma once

#include <cstdint>
#include <string>

namespace capstan::service {

enum class Effect : std::uint8_t {
  none,        // it only reads
  repeatable,  // done twice it leaves the same as done once
  once,        // done twice it leaves something else, or answers something else
};

enum class Carried : std::uint8_t { certainly_not, perhaps };

[[nodiscard]] constexpr bool may_repeat(Effect effect, Carried carried) {
  return carried == Carried::certainly_not || effect != Effect::once;
}

struct Failure {
  enum class Kind : std::uint8_t {
    unreachable,  // no connection
    refused,      // the service does not want this client: credentials, database
    late,         // the deadline passed
    busy,         // too many requests are under way
    lost,         // the connection broke before the answer came
    said_no,      // the service's own error
    closed,       // the store is being closed
  };
  Kind kind;
  std::string message;  // one sentence without credentials

  // Whether the same request could succeed later.
  [[nodiscard]] bool worth_repeating() const {
    return kind != Kind::refused && kind != Kind::said_no && kind != Kind::closed;
  }
  // The sentence, and whether trying again could help.
  [[nodiscard]] std::string told() const {
    return worth_repeating() ? message + "; trying again may help" : message;
  }
};

}  // namespace capstan::service
