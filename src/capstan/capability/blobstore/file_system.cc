#include <capstan/capability/blobstore/file_system.h>

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace capstan::blobstore {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_regular_file(const Descriptor& folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_REG;
  struct stat status{};
  return ::fstatat(folder.get(), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(status.st_mode);
}

template <typename Wanted>
FolderNames read_folder(const Descriptor& folder, Wanted wanted) {
  FolderNames found;
  // One of its own: reading moves the position.
  Descriptor own(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) {
    found.code = errno;
    return found;
  }
  const std::unique_ptr<DIR, CloseFolder> open(::fdopendir(own.get()));
  if (open == nullptr) {
    found.code = errno;
    return found;
  }
  own.release();  // the folder closes it
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(open.get());
    if (entry == nullptr) break;
    if (wanted(*entry)) found.names.emplace_back(entry->d_name);
  }
  found.code = errno;
  return found;
}

}  // namespace

Error system_error(std::string_view doing, int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorKind::full, fmt::format("{}: the disk is full", doing)};
    case EFBIG:
      return {ErrorKind::full, fmt::format("{}: the file would be too large", doing)};
    case EMFILE:
    case ENFILE:
      return {ErrorKind::full, fmt::format("{}: too many files are open", doing)};
    case ELOOP:
      return {ErrorKind::other,
              fmt::format("{}: it is a symbolic link, which is not followed", doing)};
    default:
      return {ErrorKind::other,
              fmt::format("{}: {}", doing, std::generic_category().message(code))};
  }
}

Descriptor open_beneath(const Descriptor& folder, const std::string& name, int flags) {
  constexpr mode_t mode = 0600;
  static std::atomic<bool> has_openat2 = true;
  flags |= O_NOFOLLOW | O_CLOEXEC;
  if (has_openat2.load(std::memory_order_relaxed)) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long fd = ::syscall(SYS_openat2, folder.get(), name.c_str(), &how, sizeof how);
    if (fd >= 0) return Descriptor(static_cast<int>(fd));
    // Sandboxes refuse calls they do not know with EPERM; openat then says what is really wrong.
    if (errno != ENOSYS && errno != EPERM) return Descriptor();
    if (errno == ENOSYS) has_openat2 = false;
  }
  // `name` is one step: the same holds of it without the kernel's help.
  return Descriptor(::openat(folder.get(), name.c_str(), flags, mode));
}

FolderNames file_names(const Descriptor& folder) {
  return read_folder(folder, [&](const dirent& entry) {
    return entry.d_name[0] != '.' && is_regular_file(folder, entry);
  });
}

FolderNames all_names(const Descriptor& folder) {
  return read_folder(folder, [](const dirent& entry) {
    const std::string_view name = entry.d_name;
    return name != "." && name != "..";
  });
}

bool write_all(const Descriptor& file, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

std::int64_t read_at(const Descriptor& file, std::span<std::uint8_t> into, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count = ::pread(file.get(), into.data() + done, into.size() - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<std::int64_t>(done);
}

std::string unique_name(std::string_view kind) {
  std::uint64_t random[2] = {};
  // Cannot fail for so few bytes once the system has started.
  (void)!::getrandom(random, sizeof random, 0);
  return fmt::format("{}-{:016x}{:016x}", kind, random[0], random[1]);
}

}  // namespace capstan::blobstore
