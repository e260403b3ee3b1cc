#include <capstan/capability/keyvalue/memory.h>

#include <capstan/capability/keyvalue/counter.h>
#include <capstan/capability/keyvalue/cursor.h>
#include <capstan/capability/keyvalue/key_hash.h>
#include <capstan/capability/keyvalue/read_mostly_mutex.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

namespace capstan::keyvalue {
namespace {

// What an entry takes beside its key and its value: nodes of the map and of the index, the block of
// the value, and what the allocator adds; about.
constexpr std::uint64_t entry_overhead_bytes = 256;
constexpr std::size_t shard_count = 16;
// Values up to this are copied for who gets them. To count one more holder is to write to what all
// readers of the key share, which takes longer than a short copy when they are on two processors.
constexpr std::size_t copied_bytes_max = 256;

// What a store holds, and how much it may.
class Usage {
 public:
  explicit Usage(const MemoryOptions& options)
      : bytes_max_(options.bytes_max), keys_max_(options.keys_max) {}

  // Counts what is added in place of what is removed, if there is room for it.
  [[nodiscard]] Outcome<void> exchange(std::uint64_t bytes_added, std::uint64_t bytes_removed,
                                       std::uint64_t keys_added) {
    if (keys_added > 0 && !grow(keys_, keys_added, keys_max_))
      return std::unexpected(full("keys", keys_max_));
    if (bytes_added <= bytes_removed) {
      if (bytes_added < bytes_removed) bytes_ -= bytes_removed - bytes_added;
      return {};
    }
    if (grow(bytes_, bytes_added - bytes_removed, bytes_max_)) return {};
    keys_ -= keys_added;
    return std::unexpected(full("bytes", bytes_max_));
  }
  void remove(std::uint64_t bytes, std::uint64_t keys) {
    bytes_ -= bytes;
    keys_ -= keys;
  }

 private:
  static bool grow(std::atomic<std::uint64_t>& sum, std::uint64_t by, std::uint64_t most) {
    std::uint64_t now = sum.load(std::memory_order_relaxed);
    do {
      if (by > most || now > most - by) return false;
    } while (!sum.compare_exchange_weak(now, now + by, std::memory_order_relaxed));
    return true;
  }
  static Error full(std::string_view what, std::uint64_t most) {
    return {ErrorKind::other,
            fmt::format("the store is full: it holds at most {} {} in memory", most, what)};
  }

  const std::uint64_t bytes_max_;
  const std::uint64_t keys_max_;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> keys_ = 0;
};

// A key with its hash, which chooses the shard and the place in it.
struct HashedKey {
  std::string text;
  std::uint64_t hash;
  bool operator==(const HashedKey&) const = default;
};
struct HashOfKey {
  std::size_t operator()(const HashedKey& key) const noexcept { return key.hash; }
};

struct Item {
  Bytes value;
  std::uint64_t revision;  // another one after each change
};

// On a cache line of its own, so that locking one does not slow down its neighbours.
struct alignas(64) Shard {
  mutable ReadMostlyMutex mutex;
  std::unordered_map<HashedKey, Item, HashOfKey> items;  // the addresses of its keys are stable
  std::uint64_t changes = 0;
};

std::uint64_t size_of(std::string_view key, const Bytes& value) {
  return entry_overhead_bytes + key.size() + value.size();
}

// Locks shards in their order, each once, so that two callers never wait for each other.
template <typename Lock>
class ShardLocks {
 public:
  template <typename Shards>
  ShardLocks(Shards& shards, std::uint32_t chosen) {
    for (std::size_t i = 0; i < shard_count; ++i)
      if ((chosen >> i & 1) != 0) locks_[i] = Lock(shards[i].mutex);
  }

 private:
  std::array<Lock, shard_count> locks_;
};
using ReadLock = ReadMostlyMutex::ReadLock;
using ReadLocks = ShardLocks<ReadLock>;
using WriteLocks = ShardLocks<std::unique_lock<ReadMostlyMutex>>;
constexpr std::uint32_t all_shards = (std::uint32_t{1} << shard_count) - 1;

// A bucket itself; shared by the store and by all that have opened it. A task is finished when it
// is made: nothing here waits.
class MemoryBucket final : public Bucket {
 public:
  // `usage` is owned by the store and by all of its buckets.
  explicit MemoryBucket(std::shared_ptr<Usage> usage) : usage_(std::move(usage)) {}
  MemoryBucket(const MemoryBucket&) = delete;
  MemoryBucket& operator=(const MemoryBucket&) = delete;
  ~MemoryBucket() override = default;

  Task<Outcome<std::optional<Bytes>>> get(std::string key) override {
    const HashedKey wanted = hashed(std::move(key));
    const Shard& shard = shard_of(wanted);
    const ReadLock lock(shard.mutex);
    return Outcome<std::optional<Bytes>>(value_in(shard, wanted));
  }

  Task<Outcome<void>> set(std::string key, Bytes value) override {
    HashedKey wanted = hashed(std::move(key));
    Shard& shard = shard_of(wanted);
    const std::unique_lock lock(shard.mutex);
    return put(shard, std::move(wanted), std::move(value));
  }

  Task<Outcome<bool>> insert(std::string key, Bytes value) override {
    HashedKey wanted = hashed(std::move(key));
    Shard& shard = shard_of(wanted);
    const std::unique_lock lock(shard.mutex);
    if (shard.items.contains(wanted)) return Outcome<bool>(false);
    return if_stored(put(shard, std::move(wanted), std::move(value)), true);
  }

  Task<Outcome<bool>> remove(std::string key) override {
    const HashedKey wanted = hashed(std::move(key));
    Shard& shard = shard_of(wanted);
    const std::unique_lock lock(shard.mutex);
    return Outcome<bool>(erase(shard, wanted));
  }

  Task<Outcome<bool>> exists(std::string key) override {
    const HashedKey wanted = hashed(std::move(key));
    const Shard& shard = shard_of(wanted);
    const ReadLock lock(shard.mutex);
    return Outcome<bool>(shard.items.contains(wanted));
  }

  Task<Outcome<Page>> list(std::optional<std::string> cursor) override {
    auto after = key_of_cursor(cursor);
    if (!after) return Outcome<Page>(std::unexpected(std::move(after).error()));
    Page page;
    const std::shared_lock lock(index_mutex_);
    auto next = *after ? index_.upper_bound(**after) : index_.begin();
    for (; next != index_.end() && page.keys.size() < page_keys_max; ++next)
      page.keys.emplace_back(*next);
    if (next != index_.end()) page.next = cursor_after(page.keys.back());
    return Outcome<Page>(std::move(page));
  }

  Task<Outcome<void>> clear() override {
    const WriteLocks locks(shards_, all_shards);
    const std::unique_lock index_lock(index_mutex_);
    index_.clear();
    for (Shard& shard : shards_) {
      for (const auto& [key, item] : shard.items) usage_->remove(size_of(key.text, item.value), 1);
      shard.items.clear();
    }
    return Outcome<void>();
  }

  Task<Outcome<std::int64_t>> increment(std::string key, std::int64_t delta) override {
    HashedKey wanted = hashed(std::move(key));
    Shard& shard = shard_of(wanted);
    const std::unique_lock lock(shard.mutex);
    const auto before = value_in(shard, wanted);
    const auto sum = counter_sum(before ? std::optional(before->view()) : std::nullopt, delta);
    if (!sum) return sum;
    return if_stored(put(shard, std::move(wanted), counter_bytes(*sum)), *sum);
  }

  Task<Outcome<Observed>> observe(std::string key) override {
    const HashedKey wanted = hashed(std::move(key));
    const Shard& shard = shard_of(wanted);
    const ReadLock lock(shard.mutex);
    const auto found = shard.items.find(wanted);
    if (found == shard.items.end()) return Outcome<Observed>();
    return Outcome<Observed>(Observed{found->second.value, std::to_string(found->second.revision)});
  }

  Task<Outcome<bool>> swap(std::string key, Observed seen, Bytes value) override {
    HashedKey wanted = hashed(std::move(key));
    Shard& shard = shard_of(wanted);
    const std::unique_lock lock(shard.mutex);
    const auto found = shard.items.find(wanted);
    const bool same = found == shard.items.end() ? !seen.value : unchanged(found->second, seen);
    if (!same) return Outcome<bool>(false);
    return if_stored(put(shard, std::move(wanted), std::move(value)), true);
  }

  Task<Outcome<std::vector<std::optional<Bytes>>>> get_many(
      std::vector<std::string> keys) override {
    const std::vector<HashedKey> wanted = hashed(std::move(keys));
    std::vector<std::optional<Bytes>> values;
    values.reserve(wanted.size());
    const ReadLocks locks(shards_, shards_of(wanted));
    for (const HashedKey& key : wanted) values.push_back(value_in(shard_of(key), key));
    return Outcome<std::vector<std::optional<Bytes>>>(std::move(values));
  }

  Task<Outcome<void>> set_many(std::vector<Entry> entries) override;

  Task<Outcome<void>> remove_many(std::vector<std::string> keys) override {
    const std::vector<HashedKey> wanted = hashed(std::move(keys));
    const WriteLocks locks(shards_, shards_of(wanted));
    for (const HashedKey& key : wanted) erase(shard_of(key), key);
    return Outcome<void>();
  }

 private:
  static HashedKey hashed(std::string key) {
    const std::uint64_t hash = hash_of_key(key);
    return {std::move(key), hash};
  }
  static std::vector<HashedKey> hashed(std::vector<std::string> keys) {
    std::vector<HashedKey> all;
    all.reserve(keys.size());
    for (std::string& key : keys) all.push_back(hashed(std::move(key)));
    return all;
  }

  // By the highest bits of the hash: the map of a shard uses the lower ones.
  static std::size_t number_of(const HashedKey& key) { return key.hash >> 60 & (shard_count - 1); }
  Shard& shard_of(const HashedKey& key) { return shards_[number_of(key)]; }
  static std::uint32_t shards_of(const std::vector<HashedKey>& keys) {
    std::uint32_t chosen = 0;
    for (const HashedKey& key : keys) chosen |= std::uint32_t{1} << number_of(key);
    return chosen;
  }

  template <typename T>
  static Outcome<T> if_stored(Outcome<void> stored, T result) {
    if (!stored) return std::unexpected(std::move(stored).error());
    return result;
  }

  // What follows is for those who have locked the shard.

  static std::optional<Bytes> value_in(const Shard& shard, const HashedKey& key) {
    const auto found = shard.items.find(key);
    if (found == shard.items.end()) return std::nullopt;
    const Bytes& value = found->second.value;
    return value.size() <= copied_bytes_max ? Bytes::copy_of(value.view()) : value;
  }

  static bool unchanged(const Item& item, const Observed& seen) {
    if (!seen.value) return false;
    if (seen.revision.empty()) return item.value == *seen.value;
    return seen.revision == std::to_string(item.revision);
  }

  Outcome<void> put(Shard& shard, HashedKey key, Bytes value) {
    const auto found = shard.items.find(key);
    const bool there = found != shard.items.end();
    const std::uint64_t before = there ? size_of(key.text, found->second.value) : 0;
    if (auto room = usage_->exchange(size_of(key.text, value), before, there ? 0 : 1); !room)
      return room;
    if (there) {
      found->second = Item{std::move(value), ++shard.changes};
    } else {
      add(shard, std::move(key), std::move(value));
    }
    return {};
  }

  void add(Shard& shard, HashedKey key, Bytes value) {
    const auto added =
        shard.items.emplace(std::move(key), Item{std::move(value), ++shard.changes}).first;
    const std::unique_lock lock(index_mutex_);
    index_.insert(added->first.text);
  }

  bool erase(Shard& shard, const HashedKey& key) {
    const auto found = shard.items.find(key);
    if (found == shard.items.end()) return false;
    usage_->remove(size_of(key.text, found->second.value), 1);
    {
      const std::unique_lock lock(index_mutex_);
      index_.erase(found->first.text);
    }
    shard.items.erase(found);
    return true;
  }

  std::shared_ptr<Usage> usage_;
  std::array<Shard, shard_count> shards_;
  // All keys in their order, which are the texts in the shards. Locked after shards.
  mutable std::shared_mutex index_mutex_;
  std::set<std::string_view> index_;
};

Task<Outcome<void>> MemoryBucket::set_many(std::vector<Entry> entries) {
  std::map<std::string_view, std::size_t> last;  // of each key, the entry that counts
  for (std::size_t i = 0; i < entries.size(); ++i) last[entries[i].first] = i;
  std::vector<std::size_t> counting;
  counting.reserve(last.size());
  for (const auto& [key, i] : last) counting.push_back(i);
  last.clear();
  std::vector<HashedKey> keys;
  keys.reserve(counting.size());
  for (const std::size_t i : counting) keys.push_back(hashed(std::move(entries[i].first)));

  const WriteLocks locks(shards_, shards_of(keys));
  std::uint64_t bytes_added = 0;
  std::uint64_t bytes_removed = 0;
  std::uint64_t keys_added = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Bytes& value = entries[counting[i]].second;
    const auto found = shard_of(keys[i]).items.find(keys[i]);
    bytes_added += size_of(keys[i].text, value);
    if (found == shard_of(keys[i]).items.end()) {
      ++keys_added;
    } else {
      bytes_removed += size_of(keys[i].text, found->second.value);
    }
  }
  if (auto room = usage_->exchange(bytes_added, bytes_removed, keys_added); !room) return room;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Shard& shard = shard_of(keys[i]);
    Bytes& value = entries[counting[i]].second;
    if (const auto found = shard.items.find(keys[i]); found != shard.items.end()) {
      found->second = Item{std::move(value), ++shard.changes};
    } else {
      add(shard, std::move(keys[i]), std::move(value));
    }
  }
  return Outcome<void>();
}

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const MemoryOptions& options) : usage_(std::make_shared<Usage>(options)) {}

  Task<Outcome<std::shared_ptr<Bucket>>> open(std::string name) override {
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = buckets_.find(name); found != buckets_.end()) return opened(found);
    }
    const std::unique_lock lock(mutex_);
    auto found = buckets_.find(name);
    if (found == buckets_.end()) {
      const std::uint64_t bytes = sizeof(MemoryBucket) + entry_overhead_bytes + name.size();
      if (auto room = usage_->exchange(bytes, 0, 0); !room)
        return Outcome<std::shared_ptr<Bucket>>(std::unexpected(std::move(room).error()));
      found = buckets_.emplace(std::move(name), std::make_shared<MemoryBucket>(usage_)).first;
    }
    return opened(found);
  }

  bool suspends() const override { return false; }

 private:
  using Buckets = std::map<std::string, std::shared_ptr<MemoryBucket>, std::less<>>;
  static Outcome<std::shared_ptr<Bucket>> opened(Buckets::const_iterator found) {
    return found->second;
  }

  std::shared_ptr<Usage> usage_;
  std::shared_mutex mutex_;
  Buckets buckets_;
};

}  // namespace

Result<std::shared_ptr<Store>> connect_with(const MemoryOptions& options) {
  return std::make_shared<MemoryStore>(options);
}

}  // namespace capstan::keyvalue
