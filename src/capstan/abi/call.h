// One call's values, seen from C++: where lift reads and lower writes.
//
// Lift and Lower wrap the engine's per-call structures (engine.h) for the length of one function.
// Errors are sticky: the first fail() wins, later reads give zero values, and whoever drives the
// call asks error() once at the end, before any host code sees the values. So the code for each
// type reads like the specification's and still checks everything.
//
// Guest memory may move whenever Lower::realloc runs: nothing here keeps a pointer across it.
#pragma once

#include <capstan/base/result.h>
#include <capstan/engine.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace capstan::abi {

static_assert(std::endian::native == std::endian::little,
              "views of guest memory need a little-endian host");

class Attachments;
class HandleTable;

// What a store's `user` pointer points at: the part of a store that host calls reach.
struct StoreContext {
  HandleTable* handles = nullptr;
  void* state = nullptr;     // the embedder's own state, as given to Store<State>
  void* instance = nullptr;  // host::InstanceCore of the export call in progress
  Attachments* attachments = nullptr;
};

namespace detail {
inline capstan_text to_c(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view from_c(capstan_text text) { return {text.data, text.size}; }
}  // namespace detail

// The sticky error of one call.
class CallErrors {
 public:
  CallErrors() = default;
  CallErrors(const CallErrors&) = delete;
  CallErrors& operator=(const CallErrors&) = delete;
  ~CallErrors() {
    if (error_ != nullptr) [[unlikely]]  // a call of the engine costs more than this question
      capstan_error_delete(error_);
  }

  [[nodiscard]] bool ok() const { return error_ == nullptr; }
  // Keeps the first error.
  void fail(std::string_view message, capstan_error_code code = CAPSTAN_ERROR_TRAP) {
    adopt(capstan_error_new(code, detail::to_c(message)));
  }
  void adopt(capstan_error* error) {
    if (error_ == nullptr) {
      error_ = error;
    } else {
      capstan_error_delete(error);
    }
  }
  // Hands the error to the engine; NULL when there is none.
  [[nodiscard]] capstan_error* release() { return std::exchange(error_, nullptr); }

 private:
  capstan_error* error_ = nullptr;
};

// Reading values of one call out of the guest.
class Lift : public CallErrors {
 public:
  explicit Lift(capstan_lift& call) : call_(call) {}

  [[nodiscard]] const capstan_lift& call() const { return call_; }
  [[nodiscard]] StoreContext& context() const { return *static_cast<StoreContext*>(call_.user); }

  // `bytes` bytes of guest memory at `offset`, checked; nullptr (and a trap) when they are out of
  // bounds.
  [[nodiscard]] const std::uint8_t* bytes(std::uint64_t offset, std::uint64_t bytes) {
    if (offset + bytes > call_.memory_bytes || offset + bytes < offset) [[unlikely]] {
      out_of_bounds(offset, bytes);
      return nullptr;
    }
    return call_.memory + offset;
  }

  // A scalar at an offset that is already known to be in bounds.
  template <typename T>
  [[nodiscard]] T load(std::uint32_t offset) const {
    T value;
    std::memcpy(&value, call_.memory + offset, sizeof value);
    return value;
  }

  // Accounts for `count` objects of `size` bytes that the host is about to allocate for the guest.
  [[nodiscard]] bool consume(std::uint64_t count, std::uint64_t size) {
    const std::uint64_t wanted = count * size;  // count < 2^32, size is a sizeof: no overflow
    if (wanted > call_.fuel) [[unlikely]] {
      too_much_data(wanted);
      return false;
    }
    call_.fuel -= wanted;
    return true;
  }

  // Takes over the handle the guest calls `index`.
  [[nodiscard]] capstan_handle take_handle(std::uint32_t index) {
    capstan_handle handle{};
    if (ok()) adopt(call_.take_handle(&call_, index, &handle));
    return handle;
  }

  // Keeps text that a view argument refers to when the guest's own bytes cannot be used as they
  // are (utf16). Lives as long as this object, which outlives the call's arguments.
  std::string_view keep(std::string text) { return kept_.emplace_front(std::move(text)); }

 private:
  void out_of_bounds(std::uint64_t offset, std::uint64_t bytes);
  void too_much_data(std::uint64_t wanted);

  capstan_lift& call_;
  std::forward_list<std::string> kept_;  // stable addresses; allocates nothing while it is empty
};

// Writing values of one call into the guest.
class Lower : public CallErrors {
 public:
  explicit Lower(capstan_lower& call) : call_(call) {}

  [[nodiscard]] const capstan_lower& call() const { return call_; }
  [[nodiscard]] StoreContext& context() const { return *static_cast<StoreContext*>(call_.user); }

  // Memory in the guest for `bytes` bytes; the offset is aligned and in bounds, or 0 after a
  // failure.
  [[nodiscard]] std::uint32_t realloc(std::uint32_t align, std::uint64_t bytes) {
    return reallocate(0, 0, align, bytes);
  }
  [[nodiscard]] std::uint32_t reallocate(std::uint32_t old_offset, std::uint32_t old_bytes,
                                         std::uint32_t align, std::uint64_t bytes);

  // Writes at an offset inside a block that realloc gave (or the engine checked).
  template <typename T>
  void store(std::uint32_t offset, T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (ok()) [[likely]]
      std::memcpy(call_.memory + offset, &value, sizeof value);
  }
  void store_bytes(std::uint32_t offset, const void* data, std::size_t size) {
    if (ok() && size != 0) [[likely]]
      std::memcpy(call_.memory + offset, data, size);
  }

  [[nodiscard]] std::uint32_t give_handle(capstan_handle_kind kind, std::uint32_t resource,
                                          std::uint32_t rep) {
    std::uint32_t index = 0;
    if (ok()) adopt(call_.give_handle(&call_, kind, resource, rep, &index));
    return index;
  }
  [[nodiscard]] std::uint32_t give_guest_handle(capstan_handle_kind kind,
                                                capstan_guest_resource* resource) {
    std::uint32_t index = 0;
    if (ok()) adopt(call_.give_guest_handle(&call_, kind, resource, &index));
    return index;
  }

  // A stream of wasi:io/streams for the guest; `self` of the stream is taken over in any case.
  template <typename Stream>
  [[nodiscard]] std::uint32_t give_stream(const Stream& stream) {
    std::uint32_t index = 0;
    if (!ok()) {
      stream.drop(stream.self);
    } else if constexpr (std::is_same_v<Stream, capstan_output_stream>) {
      adopt(call_.give_output_stream(&call_, &stream, &index));
    } else {
      adopt(call_.give_input_stream(&call_, &stream, &index));
    }
    return index;
  }

 private:
  capstan_lower& call_;
};

}  // namespace capstan::abi
