// Folder: a bucket whose keys are files, which people may read and edit as well.
//
//   auto folder = Folder::open(root, "my-bucket", {});
//   folder->set("user:123", bytes);          // root/my-bucket/user:123
//
// Written against POSIX alone, so that it is the same code in a component and in the host; both may
// work on one folder at the same time. Writers of one key take turns (lock.h), a value is always
// replaced as a whole, and what was set survives a crash unless `sync` is off.
// Threads: one at a time.
#pragma once

#include <capstan/keyfiles/failure.h>
#include <capstan/keyfiles/file.h>
#include <capstan/keyfiles/listing.h>
#include <capstan/keyfiles/lock.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::keyfiles {

inline constexpr std::size_t key_bytes_max = std::size_t{64} << 10;

using ByteView = std::span<const std::uint8_t>;
using ByteVector = std::vector<std::uint8_t>;

struct FolderOptions {
  Sync sync = Sync::on;
  LockOptions lock;
};

// What was under a key when somebody looked. A swap compares all of it.
struct Seen {
  std::optional<ByteVector> value;
  std::optional<Stamp> stamp;
};

class Folder {
 public:
  // The sub-folder of `root` that is the bucket's; it has to exist.
  [[nodiscard]] static Outcome<Folder> open(int root, std::string_view bucket,
                                            const FolderOptions& options);

  // The same folder, as an object of its own.
  [[nodiscard]] Outcome<Folder> another() const;

  [[nodiscard]] Outcome<std::optional<ByteVector>> get(std::string_view key) const;
  [[nodiscard]] Outcome<bool> exists(std::string_view key) const;
  [[nodiscard]] Outcome<void> set(std::string_view key, ByteView value);
  // Stores the value if there is no such key yet; says whether it did.
  [[nodiscard]] Outcome<bool> insert(std::string_view key, ByteView value);
  // Says whether there was such a key.
  [[nodiscard]] Outcome<bool> remove(std::string_view key);

  // Adds to a counter of 8 little-endian bytes, which begins at 0, and gives the sum. A value of
  // another length and a sum that does not fit are failures, and change nothing.
  [[nodiscard]] Outcome<std::int64_t> increment(std::string_view key, std::int64_t delta);
  [[nodiscard]] Outcome<std::uint64_t> increment_unsigned(std::string_view key,
                                                          std::uint64_t delta);

  [[nodiscard]] Outcome<Seen> observe(std::string_view key) const;
  // Stores the value if nothing changed since; says whether it did.
  [[nodiscard]] Outcome<bool> swap(std::string_view key, const Seen& seen, ByteView value);

  using Entry = std::pair<std::string_view, ByteView>;
  // Writes every value before the first one is visible. Of a failure in between it says which keys
  // are set.
  [[nodiscard]] Outcome<void> set_many(std::span<const Entry> entries);

  [[nodiscard]] Outcome<KeyPage> list(std::uint64_t from) { return listing_.page(get_fd(), from); }
  [[nodiscard]] Outcome<void> clear();

 private:
  Folder(Descriptor folder, const FolderOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  [[nodiscard]] int get_fd() const { return folder_.get(); }
  [[nodiscard]] Outcome<void> write(const KeyLock& lock, std::string_view key,
                                    const std::string& file, ByteView value);
  [[nodiscard]] Outcome<void> publish(const KeyLock& lock, std::string_view key,
                                      const std::string& file, const std::string& temporary);
  [[nodiscard]] Outcome<void> keep_name(std::string_view key, const std::string& file);
  template <typename Number>
  [[nodiscard]] Outcome<Number> add(std::string_view key, Number delta);

  Descriptor folder_;
  FolderOptions options_;
  Listing listing_;
};

}  // namespace capstan::keyfiles
