// Errors are values: every operation that can fail returns a Result<T>, which holds a T or an
// Error.
//
// An Error has a code to decide on, one sentence for a person, and, for traps, the frames of the
// guest. Context is added in front on the way up: "cannot load 'a.wasm': not a component".
// Nothing in Capstan throws to its caller.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace capstan {

enum class ErrorCode : std::uint8_t {
  invalid_argument,  // the caller broke a rule of the API
  io,                // a file or directory could not be used
  not_loadable,      // no valid component for this engine
  not_linkable,      // an import or export is missing, or has another type
  trap,         // the guest trapped or broke the canonical ABI; its store's guests are finished
  deadline,     // the store's time limit ran out
  fuel,         // the store's fuel ran out
  limit,        // another limit: memory, tables, instances, handles, bytes lifted
  stack,        // the guest exhausted its call stack
  exit,         // the guest asked to exit; see Error::exit_status
  busy,         // the store is already running a call
  unsupported,  // needs an engine feature that was turned off
  host,         // a host function failed
  internal,     // a bug in Capstan
};

// The code in words, for logs and tests: "not_linkable".
[[nodiscard]] std::string_view name(ErrorCode code);

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] ErrorCode code() const { return code_; }

  // One sentence, lower case, context first. May have more lines where a picture helps
  // (signatures).
  [[nodiscard]] const std::string& message() const { return message_; }

  // The guest's frames, innermost first, one a line; empty when the error has none.
  [[nodiscard]] const std::string& backtrace() const { return backtrace_; }

  // What the guest passed to exit, for ErrorCode::exit.
  [[nodiscard]] int exit_status() const { return exit_status_; }

  // The same error with "context: " in front.
  [[nodiscard]] Error with_context(std::string_view context) && {
    message_.insert(0, ": ").insert(0, context);
    return std::move(*this);
  }

  Error& set_backtrace(std::string frames) {
    backtrace_ = std::move(frames);
    return *this;
  }
  Error& set_exit_status(int status) {
    exit_status_ = status;
    return *this;
  }

 private:
  ErrorCode code_;
  int exit_status_ = 0;
  std::string message_;
  std::string backtrace_;
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}

}  // namespace capstan

// CAPSTAN_TRY(auto x, f()): x is the value of f(), or the function returns f()'s error.
// CAPSTAN_TRY_VOID(f()): the same for Result<void>.
#define CAPSTAN_TRY_CONCAT_(a, b) a##b
#define CAPSTAN_TRY_NAME_(a, b) CAPSTAN_TRY_CONCAT_(a, b)
#define CAPSTAN_TRY_IMPL_(temporary, declaration, ...)                  \
  auto temporary = (__VA_ARGS__);                                       \
  if (!temporary) return std::unexpected(std::move(temporary).error()); \
  declaration = *std::move(temporary)
#define CAPSTAN_TRY(declaration, ...) \
  CAPSTAN_TRY_IMPL_(CAPSTAN_TRY_NAME_(capstan_try_, __LINE__), declaration, __VA_ARGS__)
#define CAPSTAN_TRY_VOID(...)                                         \
  do {                                                                \
    if (auto capstan_try_result = (__VA_ARGS__); !capstan_try_result) \
      return std::unexpected(std::move(capstan_try_result).error());  \
  } while (false)
