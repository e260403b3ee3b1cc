#include <capstan/capability/blobstore/spool.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace capstan::blobstore {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::string_view doing = "cannot keep the value until it is known where it goes";

// A file that is gone with its descriptor.
Descriptor open_nameless() {
  std::error_code none;
  const std::string folder = std::filesystem::temp_directory_path(none).string();
  Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  // Not every file system knows such files.
  std::string pattern = folder + "/capstan-XXXXXX";
  Descriptor named(::mkostemp(pattern.data(), O_CLOEXEC));
  if (named) ::unlink(pattern.c_str());
  return named;
}

}  // namespace

Outcome<void> Spool::append(Bytes bytes) {
  if (bytes.size() > options_.bytes_max - size_)
    return std::unexpected(
        Error(ErrorKind::full,
              fmt::format("{}: at most {} bytes can wait; call write-data before writing the body",
                          doing, options_.bytes_max)));
  size_ += bytes.size();
  if (!file_ && size_ > options_.memory_bytes_max) {
    if (auto moved = to_file(); !moved) return moved;
  }
  if (!file_) {
    if (!bytes.empty()) pieces_.push_back(std::move(bytes));
    return {};
  }
  if (!write_all(file_, bytes.view())) return std::unexpected(system_error(doing, errno));
  return {};
}

Outcome<void> Spool::to_file() {
  file_ = open_nameless();
  if (!file_) return std::unexpected(system_error(doing, errno));
  for (const Bytes& piece : pieces_)
    if (!write_all(file_, piece.view())) return std::unexpected(system_error(doing, errno));
  pieces_.clear();
  return {};
}

Outcome<Bytes> Spool::next() {
  if (!file_) {
    if (given_ == pieces_.size()) return Bytes();
    return std::exchange(pieces_[given_++], Bytes());
  }
  std::vector<std::uint8_t> piece(std::min<std::uint64_t>(piece_bytes, size_ - given_));
  const std::int64_t count = read_at(file_, piece, given_);
  if (count != static_cast<std::int64_t>(piece.size()))
    return std::unexpected(system_error(doing, count < 0 ? errno : EIO));
  given_ += piece.size();
  return Bytes(std::move(piece));
}

}  // namespace capstan::blobstore
