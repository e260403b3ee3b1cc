// Bytes: a byte string that many may hold and nobody changes.
//
//   Bytes value(std::vector<std::uint8_t>{1, 2, 3});   // takes the vector, copies nothing
//   store(value); answer(value);                       // both share it
//
// What capabilities take and give: a value that is kept in memory is handed to a guest without
// being copied first. Threads: copies may be used and ended on any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan {

class Bytes {
 public:
  Bytes() = default;                      // none at all
  Bytes(std::vector<std::uint8_t> bytes)  // NOLINT: meant to be implicit
      : block_(bytes.empty() ? nullptr : std::make_shared<Block>(std::move(bytes))) {}
  // Not inline: g++ 12 takes the vector in it, seen together with its end, for one that is not on
  // the heap, and warns.
  [[gnu::noinline]] static Bytes copy_of(std::span<const std::uint8_t> bytes) {
    return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
  }
  static Bytes copy_of(std::string_view text) {
    return std::vector<std::uint8_t>(text.begin(), text.end());
  }

  [[nodiscard]] std::size_t size() const { return block_ == nullptr ? 0 : block_->bytes.size(); }
  [[nodiscard]] bool empty() const { return block_ == nullptr; }
  [[nodiscard]] const std::uint8_t* data() const {
    return block_ == nullptr ? nullptr : block_->bytes.data();
  }
  [[nodiscard]] const std::uint8_t* begin() const { return data(); }
  [[nodiscard]] const std::uint8_t* end() const { return data() + size(); }
  [[nodiscard]] std::span<const std::uint8_t> view() const { return {data(), size()}; }
  // The same bytes as text; nobody has checked that they are.
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(data()), size()};
  }

  // The bytes as a vector of one's own: moved out if nobody else holds them, copied otherwise.
  [[nodiscard]] std::vector<std::uint8_t> take() && {
    if (block_ == nullptr) return {};
    if (block_.use_count() > 1 || block_->secret) return block_->bytes;
    // Others that held it have read it before they let go.
    std::atomic_thread_fence(std::memory_order_acquire);
    return std::move(block_->bytes);
  }

  // Overwrites the bytes when their last holder ends: for secrets.
  void wipe_when_freed() const {
    if (block_ != nullptr) block_->secret = true;
  }

  friend bool operator==(const Bytes& a, const Bytes& b) {
    return std::ranges::equal(a.view(), b.view());
  }

 private:
  struct Block {
    explicit Block(std::vector<std::uint8_t> from) : bytes(std::move(from)) {}
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() {
      if (!secret) return;
      // Volatile, so that writing what nobody reads any more is not left out.
      volatile std::uint8_t* byte = bytes.data();
      for (std::size_t left = bytes.size(); left > 0; --left) *byte++ = 0;
    }
    std::vector<std::uint8_t> bytes;
    std::atomic<bool> secret = false;
  };
  std::shared_ptr<Block> block_;  // shared by all copies; none for no bytes
};

}  // namespace capstan
