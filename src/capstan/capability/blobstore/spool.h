// Spool: bytes that wait until it is known where they go.
//
// The first ones wait in memory, more of them in a file without a name in the system's temporary
// folder. Belongs to one thread at a time.
#pragma once

#include <capstan/capability/blobstore/blobstore.h>
#include <capstan/capability/blobstore/file_system.h>

#include <cstdint>
#include <vector>

namespace capstan::blobstore {

class Spool {
 public:
  struct Options {
    std::uint64_t memory_bytes_max = std::uint64_t{1} << 20;
    std::uint64_t bytes_max = std::uint64_t{1} << 30;
  };
  explicit Spool(const Options& options) : options_(options) {}
  Spool() : Spool(Options()) {}

  [[nodiscard]] Outcome<void> append(Bytes bytes);
  // The bytes in order, piece by piece; none when all were given. Nothing is appended after that.
  [[nodiscard]] Outcome<Bytes> next();

 private:
  Outcome<void> to_file();

  Options options_;
  std::uint64_t size_ = 0;
  std::vector<Bytes> pieces_;
  Descriptor file_;
  std::uint64_t given_ = 0;  // bytes of the file, or pieces
};

}  // namespace capstan::blobstore
