// keyvalue:store@0.1.0 and demo:keyvalue@0.1.0, whose values are texts.
#include <capstan/abi/text.h>
#include <capstan/capability/keyvalue/bind_dialects.h>
#include <capstan/capability/keyvalue/then.h>

#include "keyvalue_dialects.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace capstan::keyvalue {
namespace {

namespace flat = wit::keyvalue::store::store;
namespace demo = wit::demo::keyvalue::store;

// In words, since these dialects have no cases.
std::string words(Error error) {
  switch (error.kind) {
    case ErrorKind::no_such_store:
      return "there is no such bucket, or the component may not use it";
    case ErrorKind::access_denied:
      return "the component may not do that";
    case ErrorKind::other:
      break;
  }
  return std::move(error.message);
}

// For functions whose WIT has no error to give: what is thrown here the engine turns into a trap.
template <typename T>
T or_trap(Outcome<T> outcome) {
  if (!outcome) throw std::runtime_error(words(std::move(outcome).error()));
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

// A value that another dialect stored can be any bytes.
std::expected<std::optional<std::string>, std::string> text_of(
    const std::string& key, Outcome<std::optional<Bytes>> value) {
  if (!value) return std::unexpected(words(std::move(value).error()));
  if (!*value) return std::nullopt;
  if (!abi::is_utf8((*value)->text()))
    return std::unexpected(fmt::format("the value of '{}' is no text: its {} bytes are not UTF-8",
                                       key, (*value)->size()));
  return std::string((*value)->text());
}

using Told = std::expected<void, std::string>;

class FlatStore final : public flat::Host {
 public:
  // `store` is shared with the other dialects.
  explicit FlatStore(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  Task<Told> set(std::string key, std::string value) override {
    return insert(store_, std::move(key), std::move(value));
  }
  Task<Told> delete_(std::string key) override { return remove(store_, std::move(key)); }
  Task<std::optional<std::string>> get(std::string key) override {
    return find(store_, std::move(key));
  }
  Task<std::vector<std::string>> list_keys() override { return all_keys(store_); }
  Task<bool> exists(std::string key) override { return there(store_, std::move(key)); }
  Task<> clear() override { return remove_all(store_); }

 private:
  // The tasks own the store, since they may outlive this object.
  using Shared = std::shared_ptr<Store>;
  static Task<Outcome<std::shared_ptr<Bucket>>> bucket_in(Store& store) {
    return store.open("default");
  }

  static Task<Told> insert(Shared store, std::string key, std::string value) {
    if (auto checked = check_key(key); !checked) co_return refused(std::move(checked).error());
    auto opening = bucket_in(*store);
    const auto opened = co_await std::move(opening);
    if (!opened) co_return refused(opened.error());
    auto inserting = (*opened)->insert(key, Bytes::copy_of(value));
    const Outcome<bool> inserted = co_await std::move(inserting);
    if (!inserted) co_return refused(inserted.error());
    if (!*inserted) co_return std::unexpected(fmt::format("Key '{}' already exists", key));
    co_return Told();
  }

  static Task<Told> remove(Shared store, std::string key) {
    if (auto checked = check_key(key); !checked) co_return refused(std::move(checked).error());
    auto opening = bucket_in(*store);
    const auto opened = co_await std::move(opening);
    if (!opened) co_return refused(opened.error());
    auto removing = (*opened)->remove(key);
    const Outcome<bool> removed = co_await std::move(removing);
    if (!removed) co_return refused(removed.error());
    if (!*removed) co_return std::unexpected(fmt::format("Key '{}' not found", key));
    co_return Told();
  }

  static Task<std::optional<std::string>> find(Shared store, std::string key) {
    or_trap(check_key(key));
    auto opening = bucket_in(*store);
    const auto bucket = or_trap(co_await std::move(opening));
    auto getting = bucket->get(key);
    auto text = text_of(key, co_await std::move(getting));
    if (!text) throw std::runtime_error(std::move(text).error());
    co_return *std::move(text);
  }

  static Task<std::vector<std::string>> all_keys(Shared store) {
    auto opening = bucket_in(*store);
    const auto bucket = or_trap(co_await std::move(opening));
    std::vector<std::string> keys;
    std::optional<std::string> cursor;
    do {
      auto listing = bucket->list(std::move(cursor));
      Page page = or_trap(co_await std::move(listing));
      keys.insert(keys.end(), std::make_move_iterator(page.keys.begin()),
                  std::make_move_iterator(page.keys.end()));
      cursor = std::move(page.next);
    } while (cursor);
    std::ranges::sort(keys);  // not every backend's order is this one
    co_return keys;
  }

  static Task<bool> there(Shared store, std::string key) {
    or_trap(check_key(key));
    auto opening = bucket_in(*store);
    const auto bucket = or_trap(co_await std::move(opening));
    auto asking = bucket->exists(std::move(key));
    co_return or_trap(co_await std::move(asking));
  }

  static Task<> remove_all(Shared store) {
    auto opening = bucket_in(*store);
    const auto bucket = or_trap(co_await std::move(opening));
    auto clearing = bucket->clear();
    or_trap(co_await std::move(clearing));
  }

  static Told refused(Error error) { return std::unexpected(words(std::move(error))); }

  Shared store_;
};

class DemoBucket final : public demo::Bucket {
 public:
  // `bucket` is shared with other handles to the same bucket.
  DemoBucket(std::shared_ptr<keyvalue::Bucket> bucket, Handles::Held held)
      : bucket_(std::move(bucket)), held_(std::move(held)) {}

  Task<std::expected<std::optional<std::string>, std::string>> get(std::string key) override {
    if (auto checked = check_key(key); !checked)
      return std::unexpected(words(std::move(checked).error()));
    auto getting = bucket_->get(key);
    return then(std::move(getting), [key = std::move(key)](Outcome<std::optional<Bytes>>&& value) {
      return text_of(key, std::move(value));
    });
  }

  Task<Told> set(std::string key, std::string value) override {
    if (auto checked = check_key(key); !checked)
      return std::unexpected(words(std::move(checked).error()));
    return then(bucket_->set(std::move(key), Bytes::copy_of(value)),
                [](Outcome<void>&& stored) -> Told {
                  if (!stored) return std::unexpected(words(std::move(stored).error()));
                  return {};
                });
  }

 private:
  std::shared_ptr<keyvalue::Bucket> bucket_;
  Handles::Held held_;
};

class DemoStore final : public demo::Host {
 public:
  // `store` and `handles` are shared with the other dialects.
  explicit DemoStore(const Dialects& dialects)
      : store_(dialects.store), handles_(dialects.handles) {}

  using Opened = std::expected<std::unique_ptr<demo::Bucket>, std::string>;
  Task<Opened> open(std::string name) override {
    return then(store_->open(std::move(name)),
                [handles = handles_](Outcome<std::shared_ptr<Bucket>>&& opened) -> Opened {
                  if (!opened) return std::unexpected(words(std::move(opened).error()));
                  auto held = Handles::hold(handles);
                  if (!held) return std::unexpected(words(std::move(held).error()));
                  return std::make_unique<DemoBucket>(*std::move(opened), *std::move(held));
                });
  }

 private:
  std::shared_ptr<Store> store_;
  std::shared_ptr<Handles> handles_;
};

}  // namespace

Result<void> bind_texts(const Dialects& dialects) {
  CAPSTAN_TRY_VOID(
      dialects.add<flat::Host>(flat::shape, std::make_shared<FlatStore>(dialects.store)));
  return dialects.add<demo::Host>(demo::shape, std::make_shared<DemoStore>(dialects));
}

}  // namespace capstan::keyvalue
