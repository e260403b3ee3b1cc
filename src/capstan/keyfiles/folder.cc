#include <capstan/keyfiles/folder.h>

#include <capstan/keyfiles/names.h>

#include <unistd.h>

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

namespace capstan::keyfiles {
namespace {

static_assert(std::endian::native == std::endian::little, "counters are little-endian files");

Outcome<void> check(std::string_view key) {
  if (key.size() <= key_bytes_max) return {};
  return failed("the key has " + std::to_string(key.size()) + " bytes: at most " +
                std::to_string(key_bytes_max) + " are possible");
}

// A key as a message shows it.
std::string shown(std::string_view key) {
  constexpr std::size_t longest = 64;
  if (key.size() <= longest) return "'" + std::string(key) + "'";
  return "'" + std::string(key.substr(0, longest)) + "...'";
}

ByteView bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool is_held_too_long(const KeyLock& lock) { return !lock.in_time(); }

std::unexpected<Failure> held_too_long() {
  return failed(
      "writing took so long that the key's lock ran out: nothing was changed; "
      "trying again may help");
}

}  // namespace

Outcome<Folder> Folder::open(int root, std::string_view bucket, const FolderOptions& options) {
  auto folder = open_folder(root, file_name_of(bucket));
  if (!folder) return std::unexpected(std::move(folder).error());
  return Folder(*std::move(folder), options);
}

Outcome<Folder> Folder::another() const {
  auto folder = open_folder(get_fd(), ".");
  if (!folder) return std::unexpected(std::move(folder).error());
  return Folder(*std::move(folder), options_);
}

Outcome<std::optional<ByteVector>> Folder::get(std::string_view key) const {
  auto seen = observe(key);
  if (!seen) return std::unexpected(std::move(seen).error());
  return std::move(seen->value);
}

Outcome<Seen> Folder::observe(std::string_view key) const {
  if (auto fits = check(key); !fits) return std::unexpected(std::move(fits).error());
  auto contents = read_file(get_fd(), file_name_of(key));
  if (!contents) return std::unexpected(std::move(contents).error());
  if (!*contents) return Seen{};
  return Seen{.value = std::move((*contents)->bytes), .stamp = (*contents)->stamp};
}

Outcome<bool> Folder::exists(std::string_view key) const {
  if (auto fits = check(key); !fits) return std::unexpected(std::move(fits).error());
  const auto stamp = stamp_of(get_fd(), file_name_of(key));
  if (!stamp) return std::unexpected(stamp.error());
  return stamp->has_value();
}

// The name of a long key has to be there before its value is.
Outcome<void> Folder::keep_name(std::string_view key, const std::string& file) {
  if (!is_hashed(file)) return {};
  const std::string name_file = name_file_of(file);
  const auto kept = stamp_of(get_fd(), name_file);
  if (kept && *kept && (*kept)->size == key.size()) return {};
  const auto temporary = write_temporary(get_fd(), bytes_of(key), options_.sync);
  if (!temporary) return std::unexpected(temporary.error());
  return keyfiles::publish(get_fd(), *temporary, name_file, options_.sync);
}

Outcome<void> Folder::publish(const KeyLock& lock, std::string_view key, const std::string& file,
                              const std::string& temporary) {
  auto ready = keep_name(key, file);
  if (ready && is_held_too_long(lock)) ready = held_too_long();
  if (ready) return keyfiles::publish(get_fd(), temporary, file, options_.sync);
  ::unlinkat(get_fd(), temporary.c_str(), 0);
  return ready;
}

Outcome<void> Folder::write(const KeyLock& lock, std::string_view key, const std::string& file,
                            ByteView value) {
  const auto temporary = write_temporary(get_fd(), value, options_.sync);
  if (!temporary) return std::unexpected(temporary.error());
  return publish(lock, key, file, *temporary);
}

Outcome<void> Folder::set(std::string_view key, ByteView value) {
  if (auto fits = check(key); !fits) return fits;
  const std::string file = file_name_of(key);
  // Before the lock: large values take their time.
  const auto temporary = write_temporary(get_fd(), value, options_.sync);
  if (!temporary) return std::unexpected(temporary.error());
  const auto lock = KeyLock::take(get_fd(), file, options_.lock);
  if (!lock) {
    ::unlinkat(get_fd(), temporary->c_str(), 0);
    return std::unexpected(lock.error());
  }
  return publish(*lock, key, file, *temporary);
}

Outcome<bool> Folder::insert(std::string_view key, ByteView value) {
  if (auto fits = check(key); !fits) return std::unexpected(std::move(fits).error());
  const std::string file = file_name_of(key);
  const auto lock = KeyLock::take(get_fd(), file, options_.lock);
  if (!lock) return std::unexpected(lock.error());
  const auto there = stamp_of(get_fd(), file);
  if (!there) return std::unexpected(there.error());
  if (*there) return false;
  if (auto written = write(*lock, key, file, value); !written)
    return std::unexpected(std::move(written).error());
  return true;
}

Outcome<bool> Folder::remove(std::string_view key) {
  if (auto fits = check(key); !fits) return std::unexpected(std::move(fits).error());
  const std::string file = file_name_of(key);
  // Without a lock where there is nothing to delete: the folder may be read-only.
  const auto there = stamp_of(get_fd(), file);
  if (!there) return std::unexpected(there.error());
  if (!*there) return false;
  const auto lock = KeyLock::take(get_fd(), file, options_.lock);
  if (!lock) return std::unexpected(lock.error());
  return remove_file(get_fd(), file, options_.sync);
}

Outcome<bool> Folder::swap(std::string_view key, const Seen& seen, ByteView value) {
  const std::string file = file_name_of(key);
  const auto lock = KeyLock::take(get_fd(), file, options_.lock);
  if (!lock) return std::unexpected(lock.error());
  const auto now = observe(key);
  if (!now) return std::unexpected(now.error());
  if (now->stamp != seen.stamp || now->value != seen.value) return false;
  if (auto written = write(*lock, key, file, value); !written)
    return std::unexpected(std::move(written).error());
  return true;
}

template <typename Number>
Outcome<Number> Folder::add(std::string_view key, Number delta) {
  if (auto fits = check(key); !fits) return std::unexpected(std::move(fits).error());
  const std::string file = file_name_of(key);
  const auto lock = KeyLock::take(get_fd(), file, options_.lock);
  if (!lock) return std::unexpected(lock.error());
  const auto before = read_file(get_fd(), file);
  if (!before) return std::unexpected(before.error());

  Number value = 0;
  if (*before) {
    const ByteVector& bytes = (*before)->bytes;
    if (bytes.size() != sizeof value)
      return failed("the value has " + std::to_string(bytes.size()) +
                    " bytes and is no counter: a counter has 8");
    std::memcpy(&value, bytes.data(), sizeof value);
  }
  Number sum = 0;
  if (__builtin_add_overflow(value, delta, &sum))
    return failed("the counter is " + std::to_string(value) + " and cannot take " +
                  std::to_string(delta) + " more: a counter has 64 bits" +
                  (std::is_signed_v<Number> ? " with its sign" : ""));
  std::array<std::uint8_t, sizeof sum> after;
  std::memcpy(after.data(), &sum, sizeof sum);
  if (auto written = write(*lock, key, file, after); !written)
    return std::unexpected(std::move(written).error());
  return sum;
}

Outcome<std::int64_t> Folder::increment(std::string_view key, std::int64_t delta) {
  return add(key, delta);
}
Outcome<std::uint64_t> Folder::increment_unsigned(std::string_view key, std::uint64_t delta) {
  return add(key, delta);
}

Outcome<void> Folder::set_many(std::span<const Entry> entries) {
  for (const Entry& entry : entries)
    if (auto fits = check(entry.first); !fits) return fits;
  std::vector<std::string> temporaries;
  const auto discard_from = [&](std::size_t first) {
    for (std::size_t i = first; i < temporaries.size(); ++i)
      ::unlinkat(get_fd(), temporaries[i].c_str(), 0);
  };
  for (const Entry& entry : entries) {
    auto temporary = write_temporary(get_fd(), entry.second, options_.sync);
    if (!temporary) {
      discard_from(0);
      return std::unexpected(std::move(temporary).error());
    }
    temporaries.push_back(*std::move(temporary));
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string_view key = entries[i].first;
    const std::string file = file_name_of(key);
    const auto lock = KeyLock::take(get_fd(), file, options_.lock);
    const auto set = lock ? publish(*lock, key, file, temporaries[i])
                          : Outcome<void>(std::unexpected(lock.error()));
    if (set) continue;
    discard_from(i);
    Failure failure = set.error();
    failure.message = "of " + std::to_string(entries.size()) + " keys the first " +
                      std::to_string(i) + " are set, then " + shown(key) + ": " + failure.message;
    return std::unexpected(std::move(failure));
  }
  return {};
}

Outcome<void> Folder::clear() {
  Listing listing;
  std::uint64_t from = 0;
  for (;;) {
    const auto page = listing.page(get_fd(), from);
    if (!page) return std::unexpected(page.error());
    for (const std::string& key : page->keys)
      if (auto removed = remove(key); !removed) return std::unexpected(removed.error());
    if (!page->next) return {};
    from = *page->next;
  }
}

}  // namespace capstan::keyfiles
