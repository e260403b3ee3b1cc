#include <capstan/capability/vault/file.h>

#include <capstan/base/descriptor.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

namespace capstan::vault {
namespace {

namespace fs = std::filesystem;

std::unexpected<capstan::Error> failed(std::string_view what) {
  const int code = errno;
  return fail(ErrorCode::io, fmt::format("{}: {}", what, std::strerror(code)));
}

Result<std::vector<std::uint8_t>> read_all(int descriptor, std::uint64_t size) {
  std::vector<std::uint8_t> bytes(size);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t read = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return failed("cannot be read");
    if (read == 0) break;
    done += static_cast<std::size_t>(read);
  }
  bytes.resize(done);
  return bytes;
}

Result<std::uint64_t> size_of(int descriptor) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) return failed("cannot be read");
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::invalid_argument, "is not a file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > file_bytes_max)
    return fail(ErrorCode::io,
                fmt::format("has {} bytes: a vault has at most {}", size, file_bytes_max));
  return size;
}

Result<void> write_all(int descriptor, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync(int descriptor) {
  if (::fsync(descriptor) != 0) return failed("cannot be forced to the disk");
  return {};
}

// Where a link leads: what is replaced is the file, not the link.
std::string resolved(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real.string();
}

// For the guest, who need not know where the file is.
std::unexpected<Error> to_guest(const capstan::Error& error) {
  return std::unexpected(Error{ErrorKind::other, fmt::format("the vault {}", error.message())});
}

}  // namespace

VaultFile::VaultFile(const FileOptions& options)
    : options_(options), seal_(options.key, options.cost), contents_(options.limits) {}

VaultFile::~VaultFile() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::shared_ptr<VaultFile>> VaultFile::open(const FileOptions& options) {
  FileOptions own = options;
  own.path = resolved(options.path);
  const fs::path folder = fs::path(own.path).parent_path();
  std::error_code ignored;
  if (!folder.empty() && !fs::is_directory(folder, ignored))
    return fail(ErrorCode::invalid_argument,
                fmt::format("there is no folder '{}' for the vault '{}': make it", folder.string(),
                            options.path));
  std::shared_ptr<VaultFile> file(new VaultFile(own));
  if (auto read = file->refresh(); !read)
    return fail(read.error().code(),
                fmt::format("the vault '{}' {}", options.path, read.error().message()));
  return file;
}

// Brings contents_ up to date. The file is replaced as a whole, so whatever is read is one state,
// and its header, which has a random part, tells it from all others.
Result<void> VaultFile::refresh() {
  const Descriptor file(::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0 && errno != ENOENT) return failed("cannot be opened");
  Contents fresh(options_.limits);
  std::vector<std::uint8_t> header;
  if (file.get() >= 0) {
    CAPSTAN_TRY(const std::uint64_t size, size_of(file.get()));
    CAPSTAN_TRY(header, read_all(file.get(), std::min<std::uint64_t>(size, header_bytes)));
    if (seen_ == header) return {};
    CAPSTAN_TRY(const auto rest, read_all(file.get(), size - header.size()));
    std::vector<std::uint8_t> sealed = header;
    sealed.insert(sealed.end(), rest.begin(), rest.end());
    CAPSTAN_TRY_VOID(seal_.open(sealed, fresh));
  }
  contents_ = std::move(fresh);
  seen_ = std::move(header);
  return {};
}

Result<void> VaultFile::lock() {
  const std::string path = options_.path + ".lock";
  const auto give_up =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.lock_wait_ms);
  for (;;) {
    if (lock_ < 0) lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock_ < 0) return failed("cannot be locked");
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) {
      struct stat ours = {};
      struct stat there = {};
      if (::fstat(lock_, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
          ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
        return {};
      ::close(std::exchange(lock_, -1));  // somebody removed it: others lock another file
      continue;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) return failed("cannot be locked");
    if (std::chrono::steady_clock::now() >= give_up)
      return fail(ErrorCode::io, fmt::format("has been locked by another process for {} ms: try "
                                             "again later",
                                             options_.lock_wait_ms));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void VaultFile::unlock() {
  if (lock_ >= 0) ::flock(lock_, LOCK_UN);
}

// The caller holds the lock, so that the name of the new file is its own.
Result<void> VaultFile::write(const Contents& contents) {
  CAPSTAN_TRY(const std::vector<std::uint8_t> sealed, seal_.close(contents));
  const std::string fresh = options_.path + ".new";
  const auto written = [&]() -> Result<void> {
    const Descriptor file(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return failed("cannot be written");
    if (::fchmod(file.get(), 0600) != 0) return failed("cannot be made private");
    CAPSTAN_TRY_VOID(write_all(file.get(), sealed));
    CAPSTAN_TRY_VOID(sync(file.get()));
    if (::rename(fresh.c_str(), options_.path.c_str()) != 0) return failed("cannot be replaced");
    return {};
  }();
  if (!written) {
    ::unlink(fresh.c_str());
    return written;
  }
  seen_ = std::vector<std::uint8_t>(sealed.begin(), sealed.begin() + header_bytes);
  const fs::path parent = fs::path(options_.path).parent_path();
  const Descriptor folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return failed("has changed, but its folder cannot be opened");
  return sync(folder.get());
}

Outcome<bool> VaultFile::change(const std::function<Outcome<bool>(Contents& contents)>& change) {
  if (options_.access == Access::read_only)
    return std::unexpected(Error{ErrorKind::access_denied, "the vault is read-only"});
  const std::lock_guard guard(mutex_);
  if (auto locked = lock(); !locked) return to_guest(locked.error());
  struct Unlock {
    VaultFile& file;
    ~Unlock() { file.unlock(); }
  } const unlock_at_the_end{*this};
  if (auto fresh = refresh(); !fresh) return to_guest(fresh.error());

  Contents next = contents_;  // shares the secrets
  auto changed = change(next);
  if (!changed || !*changed) return changed;
  if (auto written = write(next); !written) {
    seen_.reset();  // nobody knows which of the two is there
    return to_guest(written.error());
  }
  contents_ = std::move(next);
  return changed;
}

Outcome<std::optional<Bytes>> VaultFile::get(std::string_view locker, std::string_view id) {
  if (auto checked = check_id(id); !checked) return std::unexpected(checked.error());
  const std::lock_guard guard(mutex_);
  if (auto fresh = refresh(); !fresh) return to_guest(fresh.error());
  return contents_.get(locker, id);
}

Outcome<void> VaultFile::set(std::string_view locker, std::string_view id, Bytes secret) {
  secret.wipe_when_freed();
  if (auto checked = check_locker(locker); !checked) return checked;
  if (auto checked = check_id(id); !checked) return checked;
  if (auto checked = check_secret(secret); !checked) return checked;
  auto changed = change([&](Contents& contents) -> Outcome<bool> {
    if (auto stored = contents.set(locker, id, secret); !stored)
      return std::unexpected(std::move(stored).error());
    return true;
  });
  if (!changed) return std::unexpected(std::move(changed).error());
  return {};
}

Outcome<bool> VaultFile::remove(std::string_view locker, std::string_view id) {
  if (auto checked = check_id(id); !checked) return std::unexpected(checked.error());
  return change([&](Contents& contents) -> Outcome<bool> { return contents.remove(locker, id); });
}

Outcome<bool> VaultFile::exists(std::string_view locker, std::string_view id) {
  if (auto checked = check_id(id); !checked) return std::unexpected(checked.error());
  const std::lock_guard guard(mutex_);
  if (auto fresh = refresh(); !fresh) return to_guest(fresh.error());
  return contents_.exists(locker, id);
}

Outcome<std::vector<std::string>> VaultFile::list(std::string_view locker) {
  const std::lock_guard guard(mutex_);
  if (auto fresh = refresh(); !fresh) return to_guest(fresh.error());
  return contents_.list(locker);
}

Outcome<std::vector<std::string>> VaultFile::lockers() {
  const std::lock_guard guard(mutex_);
  if (auto fresh = refresh(); !fresh) return to_guest(fresh.error());
  std::vector<std::string> names;
  for (const auto& [name, secrets] : contents_.lockers()) names.push_back(name);
  return names;
}

namespace {

class FileLocker final : public Locker {
 public:
  FileLocker(std::shared_ptr<VaultFile> file, std::shared_ptr<BlockingPool> pool, std::string name)
      : file_(std::move(file)), pool_(std::move(pool)), name_(std::move(name)) {}

  Task<Outcome<std::optional<Bytes>>> get(std::string id) override {
    return run_blocking(pool_.get(), [file = file_, name = name_, id = std::move(id)] {
      return file->get(name, id);
    });
  }
  Task<Outcome<void>> set(std::string id, Bytes secret) override {
    secret.wipe_when_freed();
    return run_blocking(
        pool_.get(), [file = file_, name = name_, id = std::move(id), secret = std::move(secret)] {
          return file->set(name, id, secret);
        });
  }
  Task<Outcome<bool>> remove(std::string id) override {
    return run_blocking(pool_.get(), [file = file_, name = name_, id = std::move(id)] {
      return file->remove(name, id);
    });
  }
  Task<Outcome<bool>> exists(std::string id) override {
    return run_blocking(pool_.get(), [file = file_, name = name_, id = std::move(id)] {
      return file->exists(name, id);
    });
  }
  Task<Outcome<std::vector<std::string>>> list() override {
    return run_blocking(pool_.get(), [file = file_, name = name_] { return file->list(name); });
  }

 private:
  std::shared_ptr<VaultFile> file_;  // shared with the store and its other lockers
  std::shared_ptr<BlockingPool> pool_;
  std::string name_;
};

class FileStore final : public Store {
 public:
  FileStore(std::shared_ptr<VaultFile> file, std::shared_ptr<BlockingPool> pool)
      : file_(std::move(file)), pool_(std::move(pool)) {}

  Task<Outcome<std::shared_ptr<Locker>>> open(std::string locker) override {
    if (auto checked = check_locker(locker); !checked) return std::unexpected(checked.error());
    return Outcome<std::shared_ptr<Locker>>(
        std::make_shared<FileLocker>(file_, pool_, std::move(locker)));
  }
  bool suspends() const override { return pool_ != nullptr; }

 private:
  std::shared_ptr<VaultFile> file_;  // shared with open lockers
  std::shared_ptr<BlockingPool> pool_;
};

}  // namespace

Result<std::shared_ptr<Store>> connect_with(const FileOptions& options) {
  CAPSTAN_TRY(auto file, VaultFile::open(options));
  return std::make_shared<FileStore>(std::move(file), options.pool);
}

}  // namespace capstan::vault
