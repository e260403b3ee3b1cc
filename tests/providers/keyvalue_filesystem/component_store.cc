#include "component_store.h"

#include <capstan/host/engine.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>
#include <capstan/keyfiles/names.h>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <stdexcept>

#include "draft2_provider.h"

namespace capstan::keyvalue {
namespace {

namespace wit = draft2::exports::wasi::keyvalue;
using Provider = draft2::test::keyvalue_provider::Draft2Provider;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

Error to_error(const wit::store::Error& error) {
  switch (error.which()) {
    case wit::store::ErrorCase::no_such_store:
      return {ErrorKind::no_such_store, {}};
    case wit::store::ErrorCase::access_denied:
      return {ErrorKind::access_denied, {}};
    case wit::store::ErrorCase::other:
      break;
  }
  return {ErrorKind::other, error.get<wit::store::ErrorCase::other>()};
}

template <typename T>
Outcome<T> to_outcome(Result<std::expected<T, wit::store::Error>> result) {
  auto outcome = must(std::move(result));
  if (!outcome) return std::unexpected(to_error(outcome.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(outcome);
  }
}

std::vector<std::uint8_t> read_component() {
  std::ifstream file(CAPSTAN_PROVIDER, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// An instance, for one thread at a time.
struct Running {
  explicit Running(const std::filesystem::path& folder)
      : store(NoState(), options_with(folder)),
        provider(must(Provider::instantiate(store, prepared()))) {}

  static StoreOptions options_with(const std::filesystem::path& folder) {
    StoreOptions options;
    options.wasi.directories.push_back(
        {.host = folder.string(), .guest = "keyvalue-data", .access = wasi::Access::read_write});
    options.wasi.environment.emplace_back("KEYVALUE_SYNC", "off");
    return options;
  }
  static const PreparedComponent<>& prepared() {
    static const PreparedComponent<> component = [] {
      Engine engine = must(Engine::create({}));
      Linker<> linker(engine);
      linker.add_wasi();
      return must(linker.prepare(must(engine.load(read_component(), "keyvalue-filesystem"))));
    }();
    return component;
  }

  std::recursive_mutex mutex;
  capstan::Store<> store;
  Provider provider;
  // Looks that may be swapped, by their number, which is the revision of what was observed.
  std::map<std::string, wit::atomics::Cas> looks;
  int last_look = 0;
};

class ComponentBucket final : public Bucket {
 public:
  ComponentBucket(std::shared_ptr<Running> running, wit::store::Bucket bucket)
      : running_(std::move(running)), bucket_(std::move(bucket)) {}
  ~ComponentBucket() override {
    const std::lock_guard lock(running_->mutex);
    bucket_ = {};
  }

  Task<Outcome<std::optional<Bytes>>> get(std::string key) override {
    const std::lock_guard lock(running_->mutex);
    return to_outcome(bucket_.get(key));
  }
  Task<Outcome<void>> set(std::string key, Bytes value) override {
    const std::lock_guard lock(running_->mutex);
    return to_outcome(bucket_.set(key, value.view()));
  }
  Task<Outcome<bool>> insert(std::string key, Bytes value) override {
    const std::lock_guard lock(running_->mutex);
    Outcome<Observed> seen = observe(key).take();
    if (!seen) return Outcome<bool>(std::unexpected(std::move(seen).error()));
    if (seen->value) return Outcome<bool>(false);
    return swap(std::move(key), *std::move(seen), std::move(value));
  }
  Task<Outcome<bool>> remove(std::string key) override {
    const std::lock_guard lock(running_->mutex);
    const Outcome<bool> there = to_outcome(bucket_.exists(key));
    if (!there || !*there) return there;
    if (auto gone = to_outcome(bucket_.delete_(key)); !gone)
      return Outcome<bool>(std::unexpected(std::move(gone).error()));
    return there;
  }
  Task<Outcome<bool>> exists(std::string key) override {
    const std::lock_guard lock(running_->mutex);
    return to_outcome(bucket_.exists(key));
  }
  Task<Outcome<Page>> list(std::optional<std::string> cursor) override {
    const std::lock_guard lock(running_->mutex);
    auto page = to_outcome(bucket_.list_keys(std::move(cursor)));
    if (!page) return Outcome<Page>(std::unexpected(std::move(page).error()));
    return Outcome<Page>(Page{std::move(page->keys), std::move(page->cursor)});
  }
  Task<Outcome<void>> clear() override {
    const std::lock_guard lock(running_->mutex);
    std::optional<std::string> cursor;
    do {
      Outcome<Page> page = list(std::move(cursor)).take();
      if (!page) return Outcome<void>(std::unexpected(std::move(page).error()));
      cursor = std::move(page->next);
      Outcome<void> removed = remove_many(std::move(page->keys)).take();
      if (!removed) return removed;
    } while (cursor);
    return Outcome<void>();
  }
  Task<Outcome<std::int64_t>> increment(std::string key, std::int64_t delta) override {
    const std::lock_guard lock(running_->mutex);
    return to_outcome(running_->provider.atomics().increment(bucket_, key, delta));
  }
  Task<Outcome<Observed>> observe(std::string key) override {
    const std::lock_guard lock(running_->mutex);
    auto look = to_outcome(running_->provider.atomics().cas_new(bucket_, key));
    if (!look) return Outcome<Observed>(std::unexpected(std::move(look).error()));
    auto value = to_outcome(look->current());
    if (!value) return Outcome<Observed>(std::unexpected(std::move(value).error()));
    std::string number = std::to_string(++running_->last_look);
    running_->looks.emplace(number, *std::move(look));
    return Outcome<Observed>(Observed{*std::move(value), std::move(number)});
  }
  Task<Outcome<bool>> swap(std::string, Observed seen, Bytes value) override {
    const std::lock_guard lock(running_->mutex);
    auto look = running_->looks.extract(seen.revision);
    // The suite may swap one look twice; by then it is stale.
    if (look.empty()) return Outcome<bool>(false);
    auto swapped = must(running_->provider.atomics().swap(std::move(look.mapped()), value.view()));
    if (swapped) return Outcome<bool>(true);
    using Case = wit::atomics::CasErrorCase;
    if (swapped.error().which() == Case::cas_failed) return Outcome<bool>(false);
    return Outcome<bool>(std::unexpected(to_error(swapped.error().get<Case::store_error>())));
  }
  Task<Outcome<std::vector<std::optional<Bytes>>>> get_many(
      std::vector<std::string> keys) override {
    using Values = std::vector<std::optional<Bytes>>;
    const std::lock_guard lock(running_->mutex);
    auto found = to_outcome(running_->provider.batch().get_many(bucket_, keys));
    if (!found) return Outcome<Values>(std::unexpected(std::move(found).error()));
    Values values;
    for (std::size_t i = 0; i < found->size(); ++i) {
      auto& one = (*found)[i];
      if (!one) {
        values.emplace_back();
        continue;
      }
      EXPECT_EQ(std::get<0>(*one), keys[i]);
      values.emplace_back(std::get<1>(*std::move(one)));
    }
    return Outcome<Values>(std::move(values));
  }
  Task<Outcome<void>> set_many(std::vector<Entry> entries) override {
    const std::lock_guard lock(running_->mutex);
    std::vector<std::tuple<std::string, Bytes>> all;
    for (Entry& entry : entries) all.emplace_back(std::move(entry.first), std::move(entry.second));
    return to_outcome(running_->provider.batch().set_many(bucket_, all));
  }
  Task<Outcome<void>> remove_many(std::vector<std::string> keys) override {
    const std::lock_guard lock(running_->mutex);
    return to_outcome(running_->provider.batch().delete_many(bucket_, keys));
  }

 private:
  std::shared_ptr<Running> running_;  // shared with the store and its other buckets
  wit::store::Bucket bucket_;
};

class ComponentStore final : public Store {
 public:
  explicit ComponentStore(const std::filesystem::path& folder)
      : folder_(folder), running_(std::make_shared<Running>(folder)) {}

  Task<Outcome<std::shared_ptr<Bucket>>> open(std::string name) override {
    using Opened = Outcome<std::shared_ptr<Bucket>>;
    const std::lock_guard lock(running_->mutex);
    std::filesystem::create_directory(folder_ / keyfiles::file_name_of(name));
    auto bucket = to_outcome(running_->provider.store().open(name));
    if (!bucket) return Opened(std::unexpected(std::move(bucket).error()));
    return Opened(std::make_shared<ComponentBucket>(running_, *std::move(bucket)));
  }
  bool suspends() const override { return false; }

 private:
  std::filesystem::path folder_;
  std::shared_ptr<Running> running_;
};

}  // namespace

std::shared_ptr<Store> make_component_store(const std::filesystem::path& folder) {
  return std::make_shared<ComponentStore>(folder);
}

}  // namespace capstan::keyvalue
