// Descriptor: an open file, folder, pipe or socket that closes itself.
//
// The header stands alone, so that code which is compiled for guests too can have it.
#pragma once

#include <unistd.h>

#include <utility>

namespace capstan {

class Descriptor {
 public:
  Descriptor() = default;  // nothing is open
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Descriptor taken(std::move(other));
    std::swap(fd_, taken.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int get() const { return fd_; }
  // Gives it up without closing it.
  int release() { return std::exchange(fd_, -1); }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace capstan
