// What one component has open: counted, so that it cannot hold without bound.
#pragma once

#include <capstan/capability/keyvalue/bind.h>

#include <atomic>
#include <memory>
#include <utility>

namespace capstan::keyvalue {

// Shared by the dialects of one component and by all handles it holds. Threads: any.
class Handles {
 public:
  explicit Handles(const BindLimits& limits) : limits_(limits) {}

  // Counts for as long as it lives.
  class Held {
   public:
    Held() = default;
    Held(Held&& other) noexcept
        : handles_(std::move(other.handles_)), bytes_(std::exchange(other.bytes_, 0)) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(handles_, other.handles_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Held() {
      if (handles_ != nullptr) handles_->release(bytes_);
    }

   private:
    friend class Handles;
    Held(std::shared_ptr<Handles> handles, std::uint64_t bytes)
        : handles_(std::move(handles)), bytes_(bytes) {}

    std::shared_ptr<Handles> handles_;
    std::uint64_t bytes_ = 0;
  };

  // One more handle, and the bytes it keeps.
  [[nodiscard]] static Outcome<Held> hold(const std::shared_ptr<Handles>& handles,
                                          std::uint64_t bytes = 0);

 private:
  void release(std::uint64_t bytes) {
    --count_;
    bytes_ -= bytes;
  }

  const BindLimits limits_;
  std::atomic<std::size_t> count_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace capstan::keyvalue
