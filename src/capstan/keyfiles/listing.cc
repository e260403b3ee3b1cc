#include <capstan/keyfiles/listing.h>

#include <capstan/keyfiles/file.h>
#include <capstan/keyfiles/names.h>
#include <capstan/keyfiles/sha256.h>

#include <dirent.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace capstan::keyfiles {
namespace {

// Larger listings are read again for each page rather than kept.
constexpr std::size_t kept_entries_max = 1'000'000;
// A temporary file that old was left behind by a process that died.
constexpr std::int64_t temporary_seconds_max = 3600;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using FolderStream = std::unique_ptr<DIR, CloseFolder>;

// A stream of its own: reading moves the position of the descriptor.
Outcome<FolderStream> open_stream(int folder) {
  const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY);
  if (own < 0) return failed_with(errno, "list the keys");
  FolderStream stream(::fdopendir(own));
  if (stream == nullptr) {
    const int error = errno;
    ::close(own);
    return failed_with(error, "list the keys");
  }
  return stream;
}

void remove_if_left_behind(int folder, const std::string& name) {
  const auto stamp = stamp_of(folder, name);
  if (!stamp || !*stamp) return;
  const std::int64_t age = ::time(nullptr) - (*stamp)->modified_ns / 1'000'000'000;
  if (age > temporary_seconds_max) ::unlinkat(folder, name.c_str(), 0);
}

bool is_value(int folder, const dirent& entry) {
  if (entry.d_type == DT_REG) return true;
  if (entry.d_type != DT_UNKNOWN) return false;
  const auto stamp = stamp_of(folder, entry.d_name);
  return stamp && *stamp;
}

std::optional<std::string> key_behind(int folder, const std::string& name) {
  if (!is_hashed(name)) return key_of(name);
  const auto kept = read_file(folder, name_file_of(name));
  if (!kept || !*kept) return std::nullopt;
  std::string key((*kept)->bytes.begin(), (*kept)->bytes.end());
  if (file_name_of(key) != name) return std::nullopt;
  return key;
}

}  // namespace

std::uint64_t place_of(std::string_view key) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, and a last mix so that all bits count
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93;
  hash ^= hash >> 32;
  return hash;
}

Outcome<void> Listing::read(int folder) {
  entries_.clear();
  auto stream = open_stream(folder);
  if (!stream) return std::unexpected(std::move(stream).error());
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream->get());
    if (entry == nullptr && errno != 0) return failed_with(errno, "list the keys");
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name.starts_with(".tmp-")) remove_if_left_behind(folder, name);
    if (name[0] == '.' || !is_value(folder, *entry)) continue;
    std::optional<std::string> key = key_behind(folder, name);
    if (!key) continue;
    const std::uint64_t place = place_of(*key);
    entries_.push_back({place, *std::move(key)});
  }
  std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
    return a.place != b.place ? a.place < b.place : a.key < b.key;
  });
  // A folder that changes while it is read may show one name twice.
  const auto twice = std::ranges::unique(entries_, {}, &Entry::key);
  entries_.erase(twice.begin(), twice.end());
  return {};
}

KeyPage Listing::cut(std::size_t first) const {
  std::size_t end = std::min(first + page_keys_max, entries_.size());
  // Keys of one place stay together: a number could not tell them apart.
  const auto divides = [&](std::size_t at) {
    return at > first && at < entries_.size() && entries_[at].place == entries_[at - 1].place;
  };
  while (divides(end)) --end;
  if (end == first && first < entries_.size())
    for (end = first + 1; divides(end);) ++end;
  KeyPage page;
  for (std::size_t i = first; i < end; ++i) page.keys.push_back(entries_[i].key);
  if (end < entries_.size()) page.next = entries_[end].place;
  return page;
}

Outcome<KeyPage> Listing::page(int folder, std::uint64_t from) {
  if (from == 0 || expected_ != from) {
    if (auto all = read(folder); !all) return std::unexpected(std::move(all).error());
  }
  const auto first = std::ranges::lower_bound(entries_, from, {}, &Entry::place);
  KeyPage page = cut(static_cast<std::size_t>(first - entries_.begin()));
  expected_ = page.next;
  if (!expected_ || entries_.size() > kept_entries_max) {
    expected_.reset();
    entries_ = {};
  }
  return page;
}

}  // namespace capstan::keyfiles
