// What both versions of wasi:keyvalue have in common, as templates over the types of one.
//
// A version `V` names the generated types: V::StoreHost, V::Bucket, V::Error, V::KeyResponse,
// V::BatchHost. Everything a task needs after its first wait it owns: the objects here may be gone
// by then.
#pragma once

#include <capstan/capability/keyvalue/handles.h>
#include <capstan/capability/keyvalue/then.h>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace capstan::keyvalue {

template <typename V>
typename V::Error error_in(Error error) {
  switch (error.kind) {
    case ErrorKind::no_such_store:
      return V::Error::no_such_store();
    case ErrorKind::access_denied:
      return V::Error::access_denied();
    case ErrorKind::other:
      break;
  }
  return V::Error::other(std::move(error.message));
}

template <typename T>
Outcome<void> without_value(Outcome<T>&& outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return {};
}

// The same outcome with the version's error.
template <typename V, typename T>
std::expected<T, typename V::Error> outcome_in(Outcome<T>&& outcome) {
  if (!outcome) [[unlikely]]
    return std::unexpected(error_in<V>(std::move(outcome).error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(outcome);
  }
}
template <typename V, typename T>
Task<std::expected<T, typename V::Error>> task_in(Task<Outcome<T>> task) {
  return then(std::move(task),
              [](Outcome<T>&& outcome) { return outcome_in<V>(std::move(outcome)); });
}

// An open bucket of one component.
template <typename V>
class WasiBucket : public V::Bucket {
 public:
  template <typename T>
  using Answer = Task<std::expected<T, typename V::Error>>;

  // `bucket` is shared with other handles to the same bucket, and with tasks.
  WasiBucket(std::shared_ptr<Bucket> bucket, Handles::Held held)
      : bucket_(std::move(bucket)), held_(std::move(held)) {}

  [[nodiscard]] const std::shared_ptr<Bucket>& bucket() const { return bucket_; }

  Answer<std::optional<Bytes>> get(std::string key) final {
    if (auto wrong = refused(key)) return std::unexpected(*std::move(wrong));
    return task_in<V>(bucket_->get(std::move(key)));
  }
  Answer<void> set(std::string key, Bytes value) final {
    if (auto wrong = refused(key)) return std::unexpected(*std::move(wrong));
    return task_in<V>(bucket_->set(std::move(key), std::move(value)));
  }
  Answer<void> delete_(std::string key) final {
    if (auto wrong = refused(key)) return std::unexpected(*std::move(wrong));
    return then(bucket_->remove(std::move(key)), [](Outcome<bool>&& removed) {
      return outcome_in<V>(without_value(std::move(removed)));
    });
  }
  Answer<bool> exists(std::string key) final {
    if (auto wrong = refused(key)) return std::unexpected(*std::move(wrong));
    return task_in<V>(bucket_->exists(std::move(key)));
  }

  // What is wrong with a key.
  static std::optional<typename V::Error> refused(std::string_view key) {
    if (auto checked = check_key(key); !checked) [[unlikely]]
      return error_in<V>(std::move(checked).error());
    return std::nullopt;
  }

 private:
  std::shared_ptr<Bucket> bucket_;
  Handles::Held held_;
};

// A borrowed bucket. Every bucket that a component can have was made here.
template <typename V>
const std::shared_ptr<Bucket>& bucket_of(typename V::Bucket& bucket) {
  return static_cast<WasiBucket<V>&>(bucket).bucket();
}

template <typename V>
class WasiBatch final : public V::BatchHost {
 public:
  template <typename T>
  using Answer = Task<std::expected<T, typename V::Error>>;
  using Found = std::vector<std::optional<std::tuple<std::string, Bytes>>>;

  Answer<Found> get_many(typename V::Bucket& bucket, std::vector<std::string> keys) override {
    if (auto wrong = refused(keys)) return std::unexpected(*std::move(wrong));
    auto values = bucket_of<V>(bucket)->get_many(keys);
    return then(
        std::move(values),
        [keys = std::move(keys)](Outcome<std::vector<std::optional<Bytes>>>&& outcome) mutable
            -> std::expected<Found, typename V::Error> {
          if (!outcome) return std::unexpected(error_in<V>(std::move(outcome).error()));
          return with_keys(std::move(keys), *std::move(outcome));
        });
  }

  Answer<void> set_many(typename V::Bucket& bucket,
                        std::vector<std::tuple<std::string, Bytes>> key_values) override {
    std::vector<Entry> entries;
    entries.reserve(key_values.size());
    for (auto& [key, value] : key_values) {
      if (auto wrong = WasiBucket<V>::refused(key)) return std::unexpected(*std::move(wrong));
      entries.emplace_back(std::move(key), std::move(value));
    }
    return task_in<V>(bucket_of<V>(bucket)->set_many(std::move(entries)));
  }

  Answer<void> delete_many(typename V::Bucket& bucket, std::vector<std::string> keys) override {
    if (auto wrong = refused(keys)) return std::unexpected(*std::move(wrong));
    return task_in<V>(bucket_of<V>(bucket)->remove_many(std::move(keys)));
  }

 private:
  static std::optional<typename V::Error> refused(const std::vector<std::string>& keys) {
    for (const std::string& key : keys)
      if (auto wrong = WasiBucket<V>::refused(key)) return wrong;
    return std::nullopt;
  }
  static Found with_keys(std::vector<std::string> keys, std::vector<std::optional<Bytes>> values) {
    Found found;
    found.reserve(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i]) {
        found.emplace_back(std::in_place, std::move(keys[i]), *std::move(values[i]));
      } else {
        found.emplace_back();
      }
    }
    return found;
  }
};

// Opens buckets of the class `Opened`, which is made from a bucket, what it counts as, and `more`.
template <typename V, typename Opened, typename... More>
Task<std::expected<std::unique_ptr<typename V::Bucket>, typename V::Error>> open_in(
    Store& store, std::shared_ptr<Handles> handles, std::string name, More... more) {
  return then(store.open(std::move(name)),
              [handles = std::move(handles),
               ... more = std::move(more)](Outcome<std::shared_ptr<Bucket>> opened) mutable
                  -> std::expected<std::unique_ptr<typename V::Bucket>, typename V::Error> {
                if (!opened) return std::unexpected(error_in<V>(std::move(opened).error()));
                auto held = Handles::hold(handles);
                if (!held) return std::unexpected(error_in<V>(std::move(held).error()));
                return std::make_unique<Opened>(*std::move(opened), *std::move(held),
                                                std::move(more)...);
              });
}

}  // namespace capstan::keyvalue
