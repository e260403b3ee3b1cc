#include <capstan/capability/keyvalue/memory.h>

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <utility>

namespace capstan::keyvalue {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

// What a map's node takes beside its two texts, about.
constexpr std::uint64_t entry_overhead_bytes = 128;

// Shared by the store and its open buckets.
struct Memory {
  explicit Memory(const MemoryOptions& options) : bytes_max(options.bytes_max) {}

  const std::uint64_t bytes_max;
  std::mutex mutex;
  std::uint64_t bytes = 0;
  std::map<std::string, Values, std::less<>> buckets;  // addresses are stable

  // Makes room for what is added in place of what is removed; the caller holds the mutex.
  [[nodiscard]] Outcome<void> exchange(std::uint64_t added, std::uint64_t removed) {
    const std::uint64_t rest = bytes - removed;
    if (added > bytes_max || rest > bytes_max - added)
      return std::unexpected(
          Error{ErrorKind::other,
                fmt::format("the store is full: it holds at most {} bytes in memory", bytes_max)});
    bytes = rest + added;
    return {};
  }
};

std::uint64_t size_of(std::string_view key, std::string_view value) {
  return entry_overhead_bytes + key.size() + value.size();
}

class MemoryBucket final : public Bucket {
 public:
  // `memory` is owned by the store and all of its open buckets.
  MemoryBucket(std::shared_ptr<Memory> memory, Values& values)
      : memory_(std::move(memory)), values_(values) {}

  Outcome<std::optional<std::string>> get(std::string_view key) override {
    const std::lock_guard lock(memory_->mutex);
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }

  Outcome<void> set(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(memory_->mutex);
    const auto found = values_.find(key);
    const bool there = found != values_.end();
    const std::uint64_t before = there ? size_of(key, found->second) : 0;
    if (auto room = memory_->exchange(size_of(key, value), before); !room) return room;
    if (there) {
      found->second = value;
    } else {
      values_.emplace(key, value);
    }
    return {};
  }

  Outcome<bool> insert(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(memory_->mutex);
    if (values_.contains(key)) return false;
    if (auto room = memory_->exchange(size_of(key, value), 0); !room)
      return std::unexpected(std::move(room).error());
    values_.emplace(key, value);
    return true;
  }

  Outcome<bool> remove(std::string_view key) override {
    const std::lock_guard lock(memory_->mutex);
    const auto found = values_.find(key);
    if (found == values_.end()) return false;
    memory_->bytes -= size_of(key, found->second);
    values_.erase(found);
    return true;
  }

  Outcome<bool> exists(std::string_view key) override {
    const std::lock_guard lock(memory_->mutex);
    return values_.contains(key);
  }

  Outcome<std::vector<std::string>> keys() override {
    const std::lock_guard lock(memory_->mutex);
    std::vector<std::string> keys;
    keys.reserve(values_.size());
    for (const auto& [key, value] : values_) keys.push_back(key);
    return keys;
  }

  Outcome<void> clear() override {
    const std::lock_guard lock(memory_->mutex);
    for (const auto& [key, value] : values_) memory_->bytes -= size_of(key, value);
    values_.clear();
    return {};
  }

 private:
  std::shared_ptr<Memory> memory_;
  Values& values_;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const MemoryOptions& options) : memory_(std::make_shared<Memory>(options)) {}

  Outcome<std::shared_ptr<Bucket>> open(std::string_view name) override {
    const std::lock_guard lock(memory_->mutex);
    auto found = memory_->buckets.find(name);
    if (found == memory_->buckets.end()) {
      if (auto room = memory_->exchange(size_of(name, ""), 0); !room)
        return std::unexpected(std::move(room).error());
      found = memory_->buckets.emplace(name, Values()).first;
    }
    return std::make_shared<MemoryBucket>(memory_, found->second);
  }

 private:
  std::shared_ptr<Memory> memory_;
};

}  // namespace

std::shared_ptr<Store> make_memory_store(const MemoryOptions& options) {
  return std::make_shared<MemoryStore>(options);
}

}  // namespace capstan::keyvalue
