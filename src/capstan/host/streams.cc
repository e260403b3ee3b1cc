#include <capstan/host/streams.h>

#include <capstan/abi/function.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

namespace capstan::host::detail {
namespace {

// What both kinds do: one task at a time, and what became of it.
template <typename T>
class Work {
 public:
  [[nodiscard]] bool busy() const { return task_.has_value(); }
  void start(Task<Result<T>> task) { task_.emplace(std::move(task)); }

  // The result, once there is one.
  std::optional<Result<T>> poll(const Waker& waker) {
    if (!task_ || (!task_->done() && !task_->poll(waker))) return std::nullopt;
    Result<T> result = task_->take();
    task_.reset();
    return result;
  }
  void drop() { task_.reset(); }

 private:
  std::optional<Task<Result<T>>> task_;
};

// How a stream ends.
class Ending {
 public:
  [[nodiscard]] bool ended() const { return closed_ || failure_.has_value(); }
  void close() { closed_ = true; }
  void fail(Error error) { failure_ = std::move(error); }

  // What an operation of an ended stream gives: its failure once, then the end.
  capstan_stream_outcome tell(capstan_error** error_out) {
    if (!failure_) return CAPSTAN_STREAM_CLOSED;
    *error_out = capstan_error_new(CAPSTAN_ERROR_HOST, abi::detail::to_c(failure_->message()));
    failure_.reset();
    closed_ = true;
    return CAPSTAN_STREAM_FAILED;
  }

 private:
  bool closed_ = false;
  std::optional<Error> failure_;
};

capstan_stream_outcome trap(capstan_error** error_out, std::string_view message) {
  *error_out = capstan_error_new(CAPSTAN_ERROR_TRAP, abi::detail::to_c(message));
  return CAPSTAN_STREAM_TRAP;
}

// The steps that wasi:io asks for, in terms of OutputStream's tasks.
class OutputSteps {
 public:
  explicit OutputSteps(std::unique_ptr<OutputStream> stream) : stream_(std::move(stream)) {}

  capstan_stream_outcome check(std::size_t* bytes_out, capstan_error** error_out) {
    *bytes_out = 0;
    advance({});
    if (ending_.ended()) return ending_.tell(error_out);
    if (!work_.busy()) *bytes_out = stream_chunk_bytes;
    return CAPSTAN_STREAM_OPEN;
  }

  capstan_stream_outcome write(std::span<const std::uint8_t> bytes, capstan_error** error_out) {
    advance({});
    if (ending_.ended()) return ending_.tell(error_out);
    if (bytes.empty()) return CAPSTAN_STREAM_OPEN;
    if (work_.busy() || bytes.size() > stream_chunk_bytes)
      return trap(error_out, fmt::format("the guest wrote {} bytes to an output-stream whose "
                                         "check-write did not permit that many",
                                         bytes.size()));
    work_.start(stream_->write(Bytes::copy_of(bytes)));
    return report(error_out);
  }

  capstan_stream_outcome flush(capstan_error** error_out) {
    flush_wanted_ = true;
    return report(error_out);
  }

  // Whether nothing is left to wait for.
  bool advance(const Waker& waker) {
    while (!ending_.ended()) {
      if (!work_.busy() && !std::exchange(flush_wanted_, false)) return true;
      if (!work_.busy()) work_.start(stream_->flush());
      const auto result = work_.poll(waker);
      if (!result) return false;
      if (!*result) ending_.fail(result->error());
    }
    return true;
  }
  void fail(Error error) {
    work_.drop();
    ending_.fail(std::move(error));
  }

 private:
  capstan_stream_outcome report(capstan_error** error_out) {
    advance({});
    return ending_.ended() ? ending_.tell(error_out) : CAPSTAN_STREAM_OPEN;
  }

  std::unique_ptr<OutputStream> stream_;
  Work<void> work_;  // after the stream, which it uses
  bool flush_wanted_ = false;
  Ending ending_;
};

class InputSteps {
 public:
  explicit InputSteps(std::unique_ptr<InputStream> stream) : stream_(std::move(stream)) {}

  capstan_stream_outcome read(std::size_t size, const std::uint8_t** bytes_out,
                              std::size_t* size_out, capstan_error** error_out) {
    *size_out = 0;
    advance({});
    if (left() == 0) return ending_.ended() ? ending_.tell(error_out) : CAPSTAN_STREAM_OPEN;
    *size_out = std::min(size, left());
    *bytes_out = chunk_.data() + used_;
    used_ += *size_out;
    return CAPSTAN_STREAM_OPEN;
  }

  // Whether there are bytes, or the end.
  bool advance(const Waker& waker) {
    if (left() > 0 || ending_.ended()) return true;
    if (!work_.busy()) work_.start(stream_->read(stream_chunk_bytes));
    auto result = work_.poll(waker);
    if (!result) return false;
    if (!*result) {
      ending_.fail(result->error());
    } else if ((*result)->empty()) {
      ending_.close();
    } else {
      chunk_ = **std::move(result);
      used_ = 0;
    }
    return true;
  }
  void fail(Error error) {
    work_.drop();
    ending_.fail(std::move(error));
  }

 private:
  [[nodiscard]] std::size_t left() const { return chunk_.size() - used_; }

  std::unique_ptr<InputStream> stream_;
  Work<Bytes> work_;
  Bytes chunk_;  // what was read, and how much of it the guest has
  std::size_t used_ = 0;
  Ending ending_;
};

// An exception of the stream ends the guest, as one of a host function does.
template <typename Steps, typename Operation>
capstan_stream_outcome guarded(void* self, capstan_error** error_out, Operation operation) {
  try {
    return operation(*static_cast<Steps*>(self));
  } catch (...) {
    *error_out = abi::detail::error_from_exception(nullptr);
    return CAPSTAN_STREAM_TRAP;
  }
}

template <typename Steps>
capstan_status ready(void* self, const capstan_waker* waker) noexcept {
  auto* steps = static_cast<Steps*>(self);
  try {
    return steps->advance(abi::detail::adopt_waker(waker)) ? CAPSTAN_READY : CAPSTAN_PENDING;
  } catch (const std::exception& thrown) {
    steps->fail(Error(ErrorCode::host, fmt::format("a host stream threw: {}", thrown.what())));
  } catch (...) {
    steps->fail(Error(ErrorCode::host, "a host stream threw something that is no std::exception"));
  }
  return CAPSTAN_READY;  // and the next operation tells why
}

template <typename Steps>
void drop(void* self) noexcept {
  delete static_cast<Steps*>(self);
}

capstan_output_stream to_c(std::unique_ptr<OutputSteps> steps) {
  return {.struct_size = sizeof(capstan_output_stream),
          .self = steps.release(),
          .check =
              [](void* self, std::size_t* bytes_out, capstan_error** error_out) noexcept {
                return guarded<OutputSteps>(self, error_out, [&](OutputSteps& stream) {
                  return stream.check(bytes_out, error_out);
                });
              },
          .write =
              [](void* self, const std::uint8_t* bytes, std::size_t size,
                 capstan_error** error_out) noexcept {
                return guarded<OutputSteps>(self, error_out, [&](OutputSteps& stream) {
                  return stream.write({bytes, size}, error_out);
                });
              },
          .flush =
              [](void* self, capstan_error** error_out) noexcept {
                return guarded<OutputSteps>(
                    self, error_out, [&](OutputSteps& stream) { return stream.flush(error_out); });
              },
          .ready = &ready<OutputSteps>,
          .close = &ready<OutputSteps>,
          .drop = &drop<OutputSteps>};
}

capstan_input_stream to_c(std::unique_ptr<InputSteps> steps) {
  return {.struct_size = sizeof(capstan_input_stream),
          .self = steps.release(),
          .read =
              [](void* self, std::size_t size, const std::uint8_t** bytes_out,
                 std::size_t* size_out, capstan_error** error_out) noexcept {
                return guarded<InputSteps>(self, error_out, [&](InputSteps& stream) {
                  return stream.read(size, bytes_out, size_out, error_out);
                });
              },
          .ready = &ready<InputSteps>,
          .drop = &drop<InputSteps>};
}

template <typename Steps, typename Stream>
std::uint32_t give(abi::Lower& cx, std::unique_ptr<Stream>& stream) {
  if (stream == nullptr) {
    cx.fail("the host gave an empty stream", CAPSTAN_ERROR_HOST);
    return 0;
  }
  return cx.give_stream(to_c(std::make_unique<Steps>(std::move(stream))));
}

}  // namespace

std::uint32_t lower_stream(abi::Lower& cx, std::unique_ptr<OutputStream>& stream) {
  return give<OutputSteps>(cx, stream);
}
std::uint32_t lower_stream(abi::Lower& cx, std::unique_ptr<InputStream>& stream) {
  return give<InputSteps>(cx, stream);
}

void refuse_stream(abi::Lift& cx) {
  cx.fail("the guest gave the host a stream of wasi:io/streams, which the host cannot take");
}

}  // namespace capstan::host::detail
