// The vault that outlives the program: one encrypted file (its format is in seal.h).
//
// A change is written beside the file, forced to the disk, and takes the file's place in one step:
// after a crash there is the old vault or the new one. Processes that change the same vault take
// turns by a lock on "<file>.lock", and each sees what others have changed. A file that cannot be
// understood is an error and is never written over.
#pragma once

#include <capstan/base/pool.h>
#include <capstan/base/result.h>
#include <capstan/capability/vault/contents.h>
#include <capstan/capability/vault/key.h>
#include <capstan/capability/vault/seal.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::vault {

enum class Access : std::uint8_t { read_write, read_only };

// How long a change waits for other processes.
inline constexpr std::uint64_t lock_wait_ms_default = 10'000;
// Longer files are not even read.
inline constexpr std::uint64_t file_bytes_max = std::uint64_t{256} << 20;

struct FileOptions {
  std::string path;                // need not exist yet; its folder must
  std::shared_ptr<const Key> key;  // shared with whoever made it
  Access access = Access::read_write;
  Limits limits = {};
  PassphraseCost cost = {};  // of a new file
  std::uint64_t lock_wait_ms = lock_wait_ms_default;
  // Where files are read and written; none: on the thread that calls. Shared with whoever made it.
  std::shared_ptr<BlockingPool> pool = nullptr;
};

// The file itself: what the store is made of, and what an operator works on. Threads: any.
class VaultFile {
 public:
  // Reads the file, so that a wrong key or a damaged file shows at once.
  [[nodiscard]] static Result<std::shared_ptr<VaultFile>> open(const FileOptions& options);
  VaultFile(const VaultFile&) = delete;
  VaultFile& operator=(const VaultFile&) = delete;
  ~VaultFile();

  [[nodiscard]] Outcome<std::optional<Bytes>> get(std::string_view locker, std::string_view id);
  [[nodiscard]] Outcome<void> set(std::string_view locker, std::string_view id, Bytes secret);
  [[nodiscard]] Outcome<bool> remove(std::string_view locker, std::string_view id);
  [[nodiscard]] Outcome<bool> exists(std::string_view locker, std::string_view id);
  [[nodiscard]] Outcome<std::vector<std::string>> list(std::string_view locker);
  // Those that have secrets, sorted.
  [[nodiscard]] Outcome<std::vector<std::string>> lockers();

 private:
  explicit VaultFile(const FileOptions& options);

  [[nodiscard]] Result<void> refresh();
  // Gives what `change` says, which says whether there is anything to write.
  [[nodiscard]] Outcome<bool> change(
      const std::function<Outcome<bool>(Contents& contents)>& change);
  [[nodiscard]] Result<void> lock();
  void unlock();
  [[nodiscard]] Result<void> write(const Contents& contents);

  const FileOptions options_;
  std::mutex mutex_;  // guards what follows
  Seal seal_;
  Contents contents_;
  // The header of the file that contents_ is from, which no other one has; empty: there was none.
  std::optional<std::vector<std::uint8_t>> seen_;
  int lock_ = -1;  // "<file>.lock", open from the first change on
};

[[nodiscard]] Result<std::shared_ptr<Store>> connect_with(const FileOptions& options);

}  // namespace capstan::vault
