// Streams of wasi:io/streams that the host makes.
//
//   class Upload final : public host::OutputStream {
//     Task<Result<void>> write(Bytes bytes) override { ... }
//   };
//   std::unique_ptr<host::OutputStream> body() override { return std::make_unique<Upload>(); }
//
// What a host function returns as std::unique_ptr of one of these reaches the guest as
// own<output-stream> or own<input-stream>: WASI's own resource, with check-write, blocking-read,
// subscribe and all the rest, of whatever 0.2 version the component imports. The linker must offer
// WASI. The guest cannot give one back to the host.
//
// One operation at a time is in progress on a stream, and what it waits for wakes the guest: nobody
// polls in a loop. A stream is used by the thread that runs its store, and destroyed by it: when
// the guest has dropped its handle (for an output stream: and what it wrote is dealt with), or with
// the store; tasks that are not finished are destroyed first.
#pragma once

#include <capstan/abi/handle.h>
#include <capstan/base/bytes.h>
#include <capstan/base/result.h>
#include <capstan/base/task.h>

#include <cstddef>
#include <memory>

namespace capstan::host {

// What a stream moves at once.
inline constexpr std::size_t stream_chunk_bytes = 64 * 1024;

// What the guest writes.
class OutputStream {
 public:
  virtual ~OutputStream() = default;

  // Takes over all of `bytes`: some, and at most stream_chunk_bytes. The guest may write on when
  // the task is finished. After an error, which the guest sees, nothing is called any more.
  virtual Task<Result<void>> write(Bytes bytes) = 0;
  // Finished when what was written has arrived as far as it ever does.
  virtual Task<Result<void>> flush() { return Result<void>(); }
};

// What the guest reads.
class InputStream {
 public:
  virtual ~InputStream() = default;

  // Up to `bytes_max` bytes; none is the end. After that, and after an error, which the guest sees,
  // nothing is called any more. Reads ahead of what the guest has asked for.
  virtual Task<Result<Bytes>> read(std::size_t bytes_max) = 0;
};

namespace detail {

// Hands the stream over; the guest's index of it.
[[nodiscard]] std::uint32_t lower_stream(abi::Lower& cx, std::unique_ptr<OutputStream>& stream);
[[nodiscard]] std::uint32_t lower_stream(abi::Lower& cx, std::unique_ptr<InputStream>& stream);

// Such handles stay with WASI, which alone knows what they are.
void refuse_stream(abi::Lift& cx);

// The resources' names when linking, which stand for those of all 0.2 versions.
inline constexpr std::string_view output_stream_resource = "wasi:io/streams@0.2.output-stream";
inline constexpr std::string_view input_stream_resource = "wasi:io/streams@0.2.input-stream";

template <typename Stream>
struct StreamAbi : abi::HandleLayout {
  static std::unique_ptr<Stream> lift_flat(abi::Lift& cx, const std::uint64_t*) {
    refuse_stream(cx);
    return nullptr;
  }
  static std::unique_ptr<Stream> load(abi::Lift& cx, std::uint32_t) {
    refuse_stream(cx);
    return nullptr;
  }
  static void lower_flat(abi::Lower& cx, std::unique_ptr<Stream>& stream, std::uint64_t* words) {
    words[0] = lower_stream(cx, stream);
  }
  static void store(abi::Lower& cx, std::unique_ptr<Stream>& stream, std::uint32_t at) {
    cx.store(at, lower_stream(cx, stream));
  }
};

}  // namespace detail
}  // namespace capstan::host

template <>
struct capstan::abi::Abi<std::unique_ptr<capstan::host::OutputStream>>
    : capstan::host::detail::StreamAbi<capstan::host::OutputStream> {
  static void append_text(std::string& out) {
    out.append("own<").append(host::detail::output_stream_resource) += '>';
  }
};

template <>
struct capstan::abi::Abi<std::unique_ptr<capstan::host::InputStream>>
    : capstan::host::detail::StreamAbi<capstan::host::InputStream> {
  static void append_text(std::string& out) {
    out.append("own<").append(host::detail::input_stream_resource) += '>';
  }
};
