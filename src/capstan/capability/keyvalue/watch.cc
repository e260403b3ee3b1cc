#include <capstan/capability/keyvalue/watch.h>

#include <capstan/capability/keyvalue/counter.h>
#include <capstan/capability/keyvalue/then.h>

#include <utility>

namespace capstan::keyvalue {
namespace {

// What a task needs to tell of a change; owned by the bucket and by its tasks.
struct Watched {
  std::shared_ptr<Bucket> bucket;  // shared with other handles to it
  std::string name;
  std::shared_ptr<Observer> observer;  // shared by all buckets of the store

  Watched(std::shared_ptr<Bucket> watched, std::string by_name, std::shared_ptr<Observer> tells)
      : bucket(std::move(watched)), name(std::move(by_name)), observer(std::move(tells)) {}
};
using Shared = std::shared_ptr<const Watched>;

Task<Outcome<bool>> remove_one(Shared watched, std::string key) {
  auto removing = watched->bucket->remove(key);
  return then(std::move(removing),
              [watched = std::move(watched), key = std::move(key)](Outcome<bool>&& removed) {
                if (removed && *removed) watched->observer->on_delete(watched->name, key);
                return std::move(removed);
              });
}

Task<Outcome<void>> remove_each(Shared watched, std::vector<std::string> keys) {
  for (std::string& key : keys) {
    auto removing = remove_one(watched, std::move(key));
    const Outcome<bool> removed = co_await std::move(removing);
    if (!removed) co_return std::unexpected(removed.error());
  }
  co_return Outcome<void>();
}

Task<Outcome<void>> remove_all(Shared watched) {
  std::optional<std::string> cursor;
  do {
    auto listing = watched->bucket->list(std::move(cursor));
    Outcome<Page> page = co_await std::move(listing);
    if (!page) co_return std::unexpected(std::move(page).error());
    cursor = std::move(page->next);
    auto removing = remove_each(watched, std::move(page->keys));
    Outcome<void> removed = co_await std::move(removing);
    if (!removed) co_return removed;
  } while (cursor);
  co_return Outcome<void>();
}

class WatchedBucket final : public Bucket {
 public:
  explicit WatchedBucket(Shared watched) : watched_(std::move(watched)) {}

  Task<Outcome<std::optional<Bytes>>> get(std::string key) override {
    return watched_->bucket->get(std::move(key));
  }
  Task<Outcome<bool>> exists(std::string key) override {
    return watched_->bucket->exists(std::move(key));
  }
  Task<Outcome<Page>> list(std::optional<std::string> cursor) override {
    return watched_->bucket->list(std::move(cursor));
  }
  Task<Outcome<Observed>> observe(std::string key) override {
    return watched_->bucket->observe(std::move(key));
  }
  Task<Outcome<std::vector<std::optional<Bytes>>>> get_many(
      std::vector<std::string> keys) override {
    return watched_->bucket->get_many(std::move(keys));
  }

  Task<Outcome<void>> set(std::string key, Bytes value) override {
    auto setting = watched_->bucket->set(key, value);
    return then(std::move(setting), [watched = watched_, key = std::move(key),
                                     value = std::move(value)](Outcome<void>&& stored) {
      if (stored) watched->observer->on_set(watched->name, key, value);
      return std::move(stored);
    });
  }
  Task<Outcome<bool>> insert(std::string key, Bytes value) override {
    auto inserting = watched_->bucket->insert(key, value);
    return if_done(std::move(inserting), std::move(key), std::move(value));
  }
  Task<Outcome<bool>> swap(std::string key, Observed seen, Bytes value) override {
    auto swapping = watched_->bucket->swap(key, std::move(seen), value);
    return if_done(std::move(swapping), std::move(key), std::move(value));
  }
  Task<Outcome<std::int64_t>> increment(std::string key, std::int64_t delta) override {
    auto adding = watched_->bucket->increment(key, delta);
    return then(std::move(adding),
                [watched = watched_, key = std::move(key)](Outcome<std::int64_t>&& sum) {
                  if (sum) watched->observer->on_set(watched->name, key, counter_bytes(*sum));
                  return std::move(sum);
                });
  }
  Task<Outcome<void>> set_many(std::vector<Entry> entries) override {
    auto setting = watched_->bucket->set_many(entries);
    return then(std::move(setting),
                [watched = watched_, entries = std::move(entries)](Outcome<void>&& stored) {
                  if (stored)
                    for (const auto& [key, value] : entries)
                      watched->observer->on_set(watched->name, key, value);
                  return std::move(stored);
                });
  }

  Task<Outcome<bool>> remove(std::string key) override {
    return remove_one(watched_, std::move(key));
  }
  Task<Outcome<void>> remove_many(std::vector<std::string> keys) override {
    return remove_each(watched_, std::move(keys));
  }
  Task<Outcome<void>> clear() override { return remove_all(watched_); }

 private:
  // Tells of a value that was stored if the task says so.
  Task<Outcome<bool>> if_done(Task<Outcome<bool>> task, std::string key, Bytes value) {
    return then(std::move(task), [watched = watched_, key = std::move(key),
                                  value = std::move(value)](Outcome<bool>&& done) {
      if (done && *done) watched->observer->on_set(watched->name, key, value);
      return std::move(done);
    });
  }

  Shared watched_;
};

class WatchingStore final : public Store {
 public:
  // All are shared with the tasks that open buckets.
  WatchingStore(std::shared_ptr<Store> store, std::set<std::string, std::less<>> buckets,
                std::shared_ptr<Observer> observer)
      : store_(std::move(store)), buckets_(std::move(buckets)), observer_(std::move(observer)) {}

  Task<Outcome<std::shared_ptr<Bucket>>> open(std::string name) override {
    if (!buckets_.contains(name)) return store_->open(std::move(name));
    auto opening = store_->open(name);
    return then(std::move(opening), [name = std::move(name), observer = observer_](
                                        Outcome<std::shared_ptr<Bucket>>&& opened) mutable {
      if (opened)
        opened = std::make_shared<WatchedBucket>(std::make_shared<const Watched>(
            *std::move(opened), std::move(name), std::move(observer)));
      return std::move(opened);
    });
  }

  bool suspends() const override { return store_->suspends(); }

 private:
  std::shared_ptr<Store> store_;
  std::set<std::string, std::less<>> buckets_;
  std::shared_ptr<Observer> observer_;
};

}  // namespace

std::shared_ptr<Store> watching(std::shared_ptr<Store> store,
                                std::set<std::string, std::less<>> buckets,
                                std::shared_ptr<Observer> observer) {
  return std::make_shared<WatchingStore>(std::move(store), std::move(buckets), std::move(observer));
}

}  // namespace capstan::keyvalue
