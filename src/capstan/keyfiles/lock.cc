#include <capstan/keyfiles/lock.h>

#include <capstan/keyfiles/file.h>
#include <capstan/keyfiles/names.h>
#include <capstan/keyfiles/sha256.h>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace capstan::keyfiles {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::string_view prefix = ".lock-";
constexpr std::string_view breaker_prefix = ".break";

std::string lock_name(const std::string& file_name) {
  std::string name = std::string(prefix) + file_name;
  const std::size_t longest = file_name_bytes_max - breaker_prefix.size();
  return name.size() <= longest ? name : std::string(prefix) + '%' + sha256_hex(file_name);
}

// Creates it if there is none; says whether it did.
Outcome<bool> create(int folder, const std::string& name) {
  const Descriptor file(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666));
  if (file) return true;
  if (errno == EEXIST) return false;
  return failed_with(errno, "lock a key");
}

bool is_older(int folder, const std::string& name, nanoseconds age) {
  const auto stamp = stamp_of(folder, name);
  if (!stamp || !*stamp) return false;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t now_ns = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  return now_ns - (*stamp)->modified_ns > age.count();
}

// Removes a lock that was left behind. Who does that holds a lock of its own meanwhile, so that
// nobody removes the lock that another one has just taken in its place.
void break_if_left_behind(int folder, const std::string& name, milliseconds lease) {
  if (!is_older(folder, name, lease)) return;
  const std::string breaker = std::string(breaker_prefix) + name;
  const auto created = create(folder, breaker);
  if (!created) return;
  if (!*created) {
    // Left behind itself, by somebody who died in between.
    if (is_older(folder, breaker, 2 * lease)) ::unlinkat(folder, breaker.c_str(), 0);
    return;
  }
  if (is_older(folder, name, lease)) ::unlinkat(folder, name.c_str(), 0);
  ::unlinkat(folder, breaker.c_str(), 0);
}

void sleep_for(nanoseconds time) {
  timespec rest{.tv_sec = static_cast<time_t>(time.count() / 1'000'000'000),
                .tv_nsec = static_cast<long>(time.count() % 1'000'000'000)};
  ::nanosleep(&rest, nullptr);
}

}  // namespace

Outcome<KeyLock> KeyLock::take(int folder, const std::string& file_name,
                               const LockOptions& options) {
  std::string name = lock_name(file_name);
  const auto give_up = Clock::now() + options.patience;
  nanoseconds pause = std::chrono::microseconds(20);
  for (;;) {
    // What counts is when it was asked for: the file cannot be older.
    const auto asked = Clock::now();
    const auto created = create(folder, name);
    if (!created) return std::unexpected(created.error());
    // A quarter of the lease is for clocks that differ and for the change itself.
    if (*created) return KeyLock(folder, std::move(name), asked + options.lease * 3 / 4);
    break_if_left_behind(folder, name, options.lease);
    if (Clock::now() > give_up)
      return failed("the key is locked: others have been changing it for " +
                    std::to_string(options.patience.count()) + " ms; trying again may help");
    sleep_for(pause);
    pause = std::min<nanoseconds>(pause * 2, milliseconds(2));
  }
}

KeyLock::KeyLock(KeyLock&& other) noexcept
    : folder_(other.folder_), name_(std::exchange(other.name_, {})), until_(other.until_) {}

KeyLock::~KeyLock() {
  // Too late, it may be somebody else's.
  if (!name_.empty() && in_time()) ::unlinkat(folder_, name_.c_str(), 0);
}

bool KeyLock::in_time() const { return Clock::now() < until_; }

}  // namespace capstan::keyfiles
