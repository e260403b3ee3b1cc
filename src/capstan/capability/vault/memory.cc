#include <capstan/capability/vault/memory.h>

#include <mutex>
#include <utility>

namespace capstan::vault {
namespace {

// Shared by the store and its open lockers.
struct Memory {
  explicit Memory(const Limits& limits) : contents(limits) {}
  std::mutex mutex;
  Contents contents;
};

class MemoryLocker final : public Locker {
 public:
  MemoryLocker(std::shared_ptr<Memory> memory, std::string name)
      : memory_(std::move(memory)), name_(std::move(name)) {}

  Task<Outcome<std::optional<Bytes>>> get(std::string id) override {
    if (auto checked = check_id(id); !checked) return std::unexpected(checked.error());
    const std::lock_guard lock(memory_->mutex);
    return memory_->contents.get(name_, id);
  }

  Task<Outcome<void>> set(std::string id, Bytes secret) override {
    secret.wipe_when_freed();
    if (auto checked = check_id(id); !checked) return checked;
    if (auto checked = check_secret(secret); !checked) return checked;
    const std::lock_guard lock(memory_->mutex);
    return memory_->contents.set(name_, id, std::move(secret));
  }

  Task<Outcome<bool>> remove(std::string id) override {
    if (auto checked = check_id(id); !checked) return std::unexpected(checked.error());
    const std::lock_guard lock(memory_->mutex);
    return memory_->contents.remove(name_, id);
  }

  Task<Outcome<bool>> exists(std::string id) override {
    if (auto checked = check_id(id); !checked) return std::unexpected(checked.error());
    const std::lock_guard lock(memory_->mutex);
    return memory_->contents.exists(name_, id);
  }

  Task<Outcome<std::vector<std::string>>> list() override {
    const std::lock_guard lock(memory_->mutex);
    return memory_->contents.list(name_);
  }

 private:
  std::shared_ptr<Memory> memory_;
  std::string name_;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const Limits& limits) : memory_(std::make_shared<Memory>(limits)) {}

  Task<Outcome<std::shared_ptr<Locker>>> open(std::string locker) override {
    if (auto checked = check_locker(locker); !checked) return std::unexpected(checked.error());
    return Outcome<std::shared_ptr<Locker>>(
        std::make_shared<MemoryLocker>(memory_, std::move(locker)));
  }

  bool suspends() const override { return false; }

 private:
  std::shared_ptr<Memory> memory_;
};

}  // namespace

Result<std::shared_ptr<Store>> connect_with(const MemoryOptions& options) {
  return std::make_shared<MemoryStore>(options.limits);
}

}  // namespace capstan::vault
