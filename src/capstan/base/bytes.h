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
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan {

class Bytes {
 public:
  Bytes() = default;                      // none at all
  Bytes(std::vector<std::uint8_t> bytes)  // NOLINT: meant to be implicit
      : block_(bytes.empty() ? nullptr : new Taken(std::move(bytes))) {}
  static Bytes copy_of(std::span<const std::uint8_t> bytes) {
    return Bytes(new_copy(bytes.data(), bytes.size()));
  }
  static Bytes copy_of(std::string_view text) { return Bytes(new_copy(text.data(), text.size())); }

  Bytes(const Bytes& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  Bytes(Bytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Bytes() {
    // Whoever is the last has seen what the others did before they let go.
    if (block_ != nullptr && block_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1)
      end(block_);
  }

  [[nodiscard]] std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  [[nodiscard]] bool empty() const { return block_ == nullptr; }
  [[nodiscard]] const std::uint8_t* data() const {
    return block_ == nullptr ? nullptr : block_->data;
  }
  [[nodiscard]] const std::uint8_t* begin() const { return data(); }
  [[nodiscard]] const std::uint8_t* end() const { return data() + size(); }
  [[nodiscard]] std::span<const std::uint8_t> view() const { return {data(), size()}; }
  // The same bytes as text; nobody has checked that they are.
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(data()), size()};
  }

  // The bytes as a vector of one's own: the one it was made from if nobody else holds them, a copy
  // otherwise.
  [[nodiscard]] std::vector<std::uint8_t> take() && {
    const Bytes own(std::move(*this));
    if (own.block_ == nullptr) return {};
    // Acquired: others that held it have read it before they let go.
    const Block& block = *own.block_;
    if (block.taken && !block.secret && block.holders.load(std::memory_order_acquire) == 1)
      return std::move(static_cast<Taken*>(own.block_)->bytes);
    return {block.data, block.data + block.size};
  }

  // Overwrites the bytes when their last holder ends: for secrets.
  void wipe_when_freed() const {
    if (block_ != nullptr) block_->secret = true;
  }

  friend bool operator==(const Bytes& a, const Bytes& b) {
    return std::ranges::equal(a.view(), b.view());
  }

 private:
  // Where the bytes are, which is behind it in the same piece of memory, or in a vector.
  struct Block {
    Block(std::uint8_t* at, std::size_t count, bool in_vector)
        : taken(in_vector), data(at), size(count) {}
    std::atomic<std::uint32_t> holders = 1;
    std::atomic<bool> secret = false;
    const bool taken;
    std::uint8_t* const data;
    const std::size_t size;
  };
  struct Taken : Block {
    explicit Taken(std::vector<std::uint8_t> from)
        : Block(from.data(), from.size(), true), bytes(std::move(from)) {}
    std::vector<std::uint8_t> bytes;
  };

  explicit Bytes(Block* block) : block_(block) {}

  // These two are not inline: g++ 12 takes what they free for something that was never allocated.
  [[gnu::noinline]] static Block* new_copy(const void* from, std::size_t count) {
    if (count == 0) return nullptr;
    auto* memory = static_cast<std::uint8_t*>(::operator new(sizeof(Block) + count));
    auto* block = new (memory) Block(memory + sizeof(Block), count, false);
    std::memcpy(block->data, from, count);
    return block;
  }
  [[gnu::noinline]] static void end(Block* block) noexcept {
    if (block->secret) {
      // Volatile, so that writing what nobody reads any more is not left out.
      volatile std::uint8_t* byte = block->data;
      for (std::size_t left = block->size; left > 0; --left) *byte++ = 0;
    }
    if (block->taken) {
      delete static_cast<Taken*>(block);
    } else {
      block->~Block();
      ::operator delete(block);
    }
  }

  Block* block_ = nullptr;  // shared by all copies; none for no bytes
};

}  // namespace capstan
