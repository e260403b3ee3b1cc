#include <capstan/platform/vault_admin.h>

#include <capstan/capability/vault/connect.h>
#include <capstan/capability/vault/file.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace capstan::platform {
namespace {

Result<std::shared_ptr<const vault::Key>> read_key(const VaultAddress& address) {
  if (!address.passphrase_variable.empty())
    return vault::Key::from_environment(address.passphrase_variable, vault::KeyKind::passphrase);
  return vault::Key::from_environment(address.key_variable.empty()
                                          ? vault::default_key_variable
                                          : std::string_view(address.key_variable),
                                      vault::KeyKind::raw);
}

template <typename T>
Result<T> named(vault::Outcome<T> outcome, std::string_view path) {
  if (outcome) return *std::move(outcome);
  return fail(ErrorCode::io, fmt::format("'{}': {}", path, outcome.error().message));
}

// Does not show what is typed, for as long as it lives.
class SilentTerminal {
 public:
  explicit SilentTerminal(int descriptor) : descriptor_(descriptor) {
    if (::tcgetattr(descriptor_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(descriptor_, TCSAFLUSH, &silent) == 0;
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (changed_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
  }

 private:
  int descriptor_;
  termios before_ = {};
  bool changed_ = false;
};

enum class Until : std::uint8_t { end, line_end };

Result<Bytes> read_all(int descriptor, std::string_view what, Until until) {
  // One block that never moves: nothing is left where it was before.
  std::vector<std::uint8_t> block(vault::secret_bytes_max + 1);
  std::size_t size = 0;
  bool finished = false;
  while (!finished && size < block.size()) {
    const ssize_t read = ::read(descriptor, block.data() + size, block.size() - size);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0)
      return fail(ErrorCode::io, fmt::format("cannot read {}: {}", what, std::strerror(errno)));
    size += static_cast<std::size_t>(read);
    finished = read == 0 || (until == Until::line_end && size > 0 && block[size - 1] == '\n');
  }
  const Bytes all = std::move(block);
  all.wipe_when_freed();
  if (size > vault::secret_bytes_max)
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} has more than {} bytes, the most that a secret "
                            "may have",
                            what, vault::secret_bytes_max));
  Bytes secret = Bytes::copy_of(all.view().first(size));
  secret.wipe_when_freed();
  return secret;
}

}  // namespace

Result<VaultAdmin> VaultAdmin::open(const VaultAddress& address, MissingVault missing) {
  std::error_code ignored;
  if (missing == MissingVault::refused && !std::filesystem::exists(address.path, ignored))
    return fail(ErrorCode::invalid_argument,
                fmt::format("there is no vault '{}': `capstan vault set` makes one", address.path));
  vault::FileOptions options;
  options.path = address.path;
  CAPSTAN_TRY(options.key, read_key(address));
  CAPSTAN_TRY(auto file, vault::VaultFile::open(options));
  return VaultAdmin(std::move(file), address.path);
}

Result<std::optional<Bytes>> VaultAdmin::get(std::string_view locker, std::string_view id) {
  return named(file_->get(locker, id), path_);
}

Result<void> VaultAdmin::set(std::string_view locker, std::string_view id, Bytes secret) {
  auto stored = file_->set(locker, id, std::move(secret));
  if (!stored) return fail(ErrorCode::io, fmt::format("'{}': {}", path_, stored.error().message));
  return {};
}

Result<bool> VaultAdmin::remove(std::string_view locker, std::string_view id) {
  return named(file_->remove(locker, id), path_);
}

Result<VaultAdmin::Listing> VaultAdmin::list(const std::optional<std::string>& locker) {
  Listing listing;
  std::vector<std::string> lockers;
  if (locker) {
    lockers.push_back(*locker);
  } else {
    CAPSTAN_TRY(lockers, named(file_->lockers(), path_));
  }
  for (std::string& name : lockers) {
    CAPSTAN_TRY(auto ids, named(file_->list(name), path_));
    listing.emplace_back(std::move(name), std::move(ids));
  }
  return listing;
}

std::string locker_of(std::string_view application, std::string_view locker) {
  return application.empty() ? std::string(locker) : fmt::format("{}/{}", application, locker);
}

Result<Bytes> read_secret(const std::string& path) {
  if (path.empty()) {
    const bool typed = ::isatty(STDIN_FILENO) == 1;
    if (!typed) return read_all(STDIN_FILENO, "standard input", Until::end);
    const SilentTerminal silent(STDIN_FILENO);
    CAPSTAN_TRY(const Bytes line, read_all(STDIN_FILENO, "standard input", Until::line_end));
    return without_line_end(line);
  }
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fail(ErrorCode::invalid_argument,
                fmt::format("cannot open '{}': {}", path, std::strerror(errno)));
  auto secret = read_all(file, fmt::format("'{}'", path), Until::end);
  ::close(file);
  return secret;
}

Bytes without_line_end(const Bytes& secret) {
  auto view = secret.view();
  if (!view.empty() && view.back() == '\n') view = view.first(view.size() - 1);
  if (view.size() < secret.size() && !view.empty() && view.back() == '\r')
    view = view.first(view.size() - 1);
  Bytes shorter = Bytes::copy_of(view);
  shorter.wipe_when_freed();
  return shorter;
}

Result<void> write_secret(int descriptor, const Bytes& secret) {
  auto rest = secret.view();
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return fail(ErrorCode::io, fmt::format("cannot write the secret: {}", std::strerror(errno)));
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace capstan::platform
