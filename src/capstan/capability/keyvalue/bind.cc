#include <capstan/capability/keyvalue/bind.h>

#include "keyvalue_dialects.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace capstan::keyvalue {
namespace {

namespace flat = wit::keyvalue::store::store;
namespace demo = wit::demo::keyvalue::store;

// For functions whose WIT has no error to give: what is thrown here the engine turns into a trap.
template <typename T>
T or_trap(Outcome<T> outcome) {
  if (!outcome) throw std::runtime_error(std::move(outcome).error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

class FlatStore final : public flat::Host {
 public:
  // `store` is shared with the other dialects.
  explicit FlatStore(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  std::expected<void, std::string> set(std::string_view key, std::string_view value) override {
    const auto opened = bucket();
    if (!opened) return std::unexpected(opened.error().message);
    const auto inserted = (*opened)->insert(key, value);
    if (!inserted) return std::unexpected(inserted.error().message);
    if (!*inserted) return std::unexpected(fmt::format("Key '{}' already exists", key));
    return {};
  }

  std::expected<void, std::string> delete_(std::string_view key) override {
    const auto opened = bucket();
    if (!opened) return std::unexpected(opened.error().message);
    const auto removed = (*opened)->remove(key);
    if (!removed) return std::unexpected(removed.error().message);
    if (!*removed) return std::unexpected(fmt::format("Key '{}' not found", key));
    return {};
  }

  std::optional<std::string> get(std::string_view key) override {
    return or_trap(or_trap(bucket())->get(key));
  }
  std::vector<std::string> list_keys() override { return or_trap(or_trap(bucket())->keys()); }
  bool exists(std::string_view key) override { return or_trap(or_trap(bucket())->exists(key)); }
  void clear() override { or_trap(or_trap(bucket())->clear()); }

 private:
  Outcome<std::shared_ptr<Bucket>> bucket() { return store_->open("default"); }

  std::shared_ptr<Store> store_;
};

class DemoBucket final : public demo::Bucket {
 public:
  // `bucket` is shared with other handles to the same bucket.
  explicit DemoBucket(std::shared_ptr<keyvalue::Bucket> bucket) : bucket_(std::move(bucket)) {}

  std::expected<std::optional<std::string>, std::string> get(std::string_view key) override {
    auto value = bucket_->get(key);
    if (!value) return std::unexpected(std::move(value).error().message);
    return *std::move(value);
  }
  std::expected<void, std::string> set(std::string_view key, std::string_view value) override {
    auto stored = bucket_->set(key, value);
    if (!stored) return std::unexpected(std::move(stored).error().message);
    return {};
  }

 private:
  std::shared_ptr<keyvalue::Bucket> bucket_;
};

class DemoStore final : public demo::Host {
 public:
  // `store` is shared with the other dialects.
  explicit DemoStore(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  std::expected<std::unique_ptr<demo::Bucket>, std::string> open(std::string_view name) override {
    auto bucket = store_->open(name);
    if (!bucket) return std::unexpected(std::move(bucket).error().message);
    return std::make_unique<DemoBucket>(*std::move(bucket));
  }

 private:
  std::shared_ptr<Store> store_;
};

template <typename Host>
host::Provider serve(std::shared_ptr<Host> object) {
  host::Provider provider = host::serve_with<Host>(*object);
  provider.keep_alive = std::move(object);
  return provider;
}

}  // namespace

Result<void> bind(LinkerBase& linker, const std::shared_ptr<Store>& store) {
  CAPSTAN_TRY_VOID(linker.add(flat::shape, serve<flat::Host>(std::make_shared<FlatStore>(store))));
  return linker.add(demo::shape, serve<demo::Host>(std::make_shared<DemoStore>(store)));
}

}  // namespace capstan::keyvalue
