#include <capstan/capability/vault/bind.h>

#include "vault_dialects.h"

#include <utility>

namespace capstan::vault {
namespace {

// The types of one dialect.
struct Wasi {
  using Host = wit::wasi::vault::vault::Host;
  using Locker = wit::wasi::vault::vault::Locker;
  using Error = wit::wasi::vault::vault::Error;
  static constexpr const host::InterfaceShape* shape = &wit::wasi::vault::vault::shape;
};
struct Omnia {
  using Host = wit::omnia::vault::vault::Host;
  using Locker = wit::omnia::vault::vault::Locker;
  using Error = wit::omnia::vault::vault::Error;
  static constexpr const host::InterfaceShape* shape = &wit::omnia::vault::vault::shape;
};

template <typename WitError>
WitError translate(Error error) {
  switch (error.kind) {
    case ErrorKind::no_such_store:
      return WitError::no_such_store();
    case ErrorKind::access_denied:
      return WitError::access_denied();
    case ErrorKind::other:
      break;
  }
  return WitError::other(std::move(error.message));
}

// The task's outcome with the dialect's error. `map` makes the value; what it is of is finished
// without a coroutine where nothing is waited for.
template <typename T, typename WitError, typename From, typename Map>
std::expected<T, WitError> translated(Outcome<From>&& outcome, Map map) {
  if (!outcome) return std::unexpected(translate<WitError>(std::move(outcome).error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return map(*std::move(outcome));
  }
}
template <typename T, typename WitError, typename From, typename Map>
Task<std::expected<T, WitError>> wait_for(Task<Outcome<From>> task, Map map) {
  Outcome<From> outcome = co_await std::move(task);
  co_return translated<T, WitError>(std::move(outcome), map);
}
template <typename T, typename WitError, typename From, typename Map>
Task<std::expected<T, WitError>> answer(Task<Outcome<From>> task, Map map) {
  if (task.done()) return translated<T, WitError>(task.take(), map);
  return wait_for<T, WitError>(std::move(task), map);
}

constexpr auto as_it_is = [](auto&& value) { return std::forward<decltype(value)>(value); };
constexpr auto without_value = [](auto&&) {};

template <typename Dialect>
class BoundLocker final : public Dialect::Locker {
 public:
  using WitError = typename Dialect::Error;
  // `locker` is shared with other handles to the same one.
  explicit BoundLocker(std::shared_ptr<Locker> locker) : locker_(std::move(locker)) {}

  Task<std::expected<std::optional<Bytes>, WitError>> get(std::string id) override {
    return answer<std::optional<Bytes>, WitError>(locker_->get(std::move(id)), wiped);
  }
  Task<std::expected<void, WitError>> set(std::string id, Bytes value) override {
    value.wipe_when_freed();  // first of all: what the guest handed in is a copy of its secret
    return answer<void, WitError>(locker_->set(std::move(id), std::move(value)), without_value);
  }
  Task<std::expected<void, WitError>> delete_(std::string id) override {
    return answer<void, WitError>(locker_->remove(std::move(id)), without_value);
  }
  Task<std::expected<bool, WitError>> exists(std::string id) override {
    return answer<bool, WitError>(locker_->exists(std::move(id)), as_it_is);
  }
  Task<std::expected<std::vector<std::string>, WitError>> list_ids() override {
    return answer<std::vector<std::string>, WitError>(locker_->list(), as_it_is);
  }

 private:
  static std::optional<Bytes> wiped(std::optional<Bytes> secret) {
    if (secret) secret->wipe_when_freed();
    return secret;
  }

  std::shared_ptr<Locker> locker_;
};

template <typename Dialect>
class BoundVault final : public Dialect::Host {
 public:
  // `store` is shared with the other dialect.
  explicit BoundVault(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  Task<std::expected<std::unique_ptr<typename Dialect::Locker>, typename Dialect::Error>> open(
      std::string locker) override {
    using Handle = std::unique_ptr<typename Dialect::Locker>;
    return answer<Handle, typename Dialect::Error>(
        store_->open(std::move(locker)), [](std::shared_ptr<Locker> opened) -> Handle {
          return std::make_unique<BoundLocker<Dialect>>(std::move(opened));
        });
  }

 private:
  std::shared_ptr<Store> store_;
};

template <typename Dialect>
Result<void> bind_dialect(LinkerBase& linker, const std::shared_ptr<Store>& store) {
  return linker.add(*Dialect::shape,
                    host::serve_shared<typename Dialect::Host>(
                        std::make_shared<BoundVault<Dialect>>(store),
                        store->suspends() ? host::Suspends::maybe : host::Suspends::never));
}

}  // namespace

Result<void> bind(LinkerBase& linker, const std::shared_ptr<Store>& store) {
  CAPSTAN_TRY_VOID(bind_dialect<Wasi>(linker, store));
  return bind_dialect<Omnia>(linker, store);
}

}  // namespace capstan::vault
