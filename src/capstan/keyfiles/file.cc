#include <capstan/keyfiles/file.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace capstan::keyfiles {
namespace {

std::string quoted(const std::string& name) { return "'" + name + "'"; }

Stamp stamp_from(const struct stat& status) {
  return {
      .inode = status.st_ino,
      .modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
      .size = static_cast<std::uint64_t>(status.st_size)};
}

// Whether errno says that there is nothing that could be a value.
bool is_absence(int error) {
  return error == ENOENT || error == ELOOP || error == ENXIO || error == EISDIR;
}

// An ordinary file that is open for reading.
struct Opened {
  Descriptor file;
  Stamp stamp;
};

// Opening a pipe would wait for its other end: what is no file must not be opened in that way.
Outcome<std::optional<Opened>> open_for_reading(int folder, const std::string& name) {
  struct stat status;
#ifdef __wasi__
  // WASI cannot open without waiting. Looking first costs no more there than looking afterwards.
  const bool there = ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (there && !S_ISREG(status.st_mode)) return std::nullopt;
  Descriptor file;
  if (there) file = Descriptor(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW));
  const bool known = there;
#else
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Descriptor file(::openat(folder, name.c_str(), flags));
  const bool known = file && ::fstat(file.get(), &status) == 0;
#endif
  if (!file && is_absence(errno)) return std::nullopt;
  if (!file || !known) return failed_with(errno, "read " + quoted(name));
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return Opened{.file = std::move(file), .stamp = stamp_from(status)};
}

Outcome<void> write_all(int file, std::span<const std::uint8_t> bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed_with(errno, what);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

// Makes the folder remember which names it has. File systems that cannot do that for folders say
// so with these errors.
Outcome<void> sync_folder(int folder) {
  if (::fsync(folder) == 0 || errno == EINVAL || errno == EBADF || errno == ENOTSUP) return {};
  return failed_with(errno, "make a change of the folder durable");
}

}  // namespace

Outcome<Descriptor> open_folder(int parent, const std::string& name) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
#ifndef __wasi__
  flags |= O_CLOEXEC;
#endif
  Descriptor folder(::openat(parent, name.c_str(), flags));
  if (folder) return folder;
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG)
    return std::unexpected(Failure{FailureKind::no_such_store, {}});
  return failed_with(errno, "open the folder " + quoted(name));
}

Outcome<std::optional<Contents>> read_file(int folder, const std::string& name) {
  auto opened = open_for_reading(folder, name);
  if (!opened) return std::unexpected(std::move(opened).error());
  if (!*opened) return std::nullopt;

  Contents contents{.bytes = {}, .stamp = (*opened)->stamp};
  std::vector<std::uint8_t>& bytes = contents.bytes;
  // One more than it has, so that the end is seen without another turn.
  bytes.resize(static_cast<std::size_t>(std::min(contents.stamp.size, value_bytes_max)) + 1);
  std::size_t filled = 0;
  for (;;) {
    // With its place, which WASI reads in one step; reading on makes a stream first.
    const ssize_t got = ::pread((*opened)->file.get(), bytes.data() + filled, bytes.size() - filled,
                                static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed_with(errno, "read " + quoted(name));
    filled += static_cast<std::size_t>(got);
    if (filled > value_bytes_max)
      return failed("the file " + quoted(name) + " is larger than a value may be");
    // WASI gives large files in pieces: only what is beyond the expected size shows the end.
    if (got == 0 || (filled >= contents.stamp.size && filled < bytes.size())) break;
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2);  // somebody appends to it
  }
  bytes.resize(filled);
  return contents;
}

Outcome<std::optional<Stamp>> stamp_of(int folder, const std::string& name) {
  struct stat status;
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (is_absence(errno)) return std::nullopt;
    return failed_with(errno, "look at " + quoted(name));
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return stamp_from(status);
}

std::string temporary_name() {
  std::uint64_t random[2] = {};
  (void)::getentropy(random, sizeof random);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name = ".tmp-";
  for (std::uint64_t word : random)
    for (int i = 0; i < 16; ++i, word >>= 4) name += digits[word & 15];
  return name;
}

Outcome<std::string> write_temporary(int folder, std::span<const std::uint8_t> bytes, Sync sync) {
  std::string name = temporary_name();
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
#ifndef __wasi__
  flags |= O_CLOEXEC;
#endif
  const std::string what = "write a value";
  const Descriptor file(::openat(folder, name.c_str(), flags, 0666));
  if (!file) return failed_with(errno, what);
  auto written = write_all(file.get(), bytes, what);
  // A failed sync is final: the kernel may have forgotten what it could not write.
  if (written && sync == Sync::on && ::fsync(file.get()) != 0) written = failed_with(errno, what);
  if (written) return name;
  ::unlinkat(folder, name.c_str(), 0);
  return std::unexpected(std::move(written).error());
}

Outcome<void> publish(int folder, const std::string& temporary, const std::string& name,
                      Sync sync) {
  if (::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) {
    const int error = errno;
    ::unlinkat(folder, temporary.c_str(), 0);
    return failed_with(error, "write " + quoted(name));
  }
  return sync == Sync::on ? sync_folder(folder) : Outcome<void>();
}

Outcome<bool> remove_file(int folder, const std::string& name, Sync sync) {
  // What is no value stays: a folder of that name, a link somebody made.
  const auto there = stamp_of(folder, name);
  if (!there) return std::unexpected(there.error());
  if (!*there) return false;
  if (::unlinkat(folder, name.c_str(), 0) != 0) {
    if (errno == ENOENT) return false;
    return failed_with(errno, "delete " + quoted(name));
  }
  if (sync == Sync::on)
    if (auto synced = sync_folder(folder); !synced) return std::unexpected(synced.error());
  return true;
}

}  // namespace capstan::keyfiles
