#include <capstan/capability/vault/routed.h>

#include <algorithm>
#include <utility>

namespace capstan::vault {
namespace {

class RoutedStore final : public Store {
 public:
  RoutedStore(std::shared_ptr<const capability::Names> names,
              std::vector<std::shared_ptr<Store>> stores)
      : names_(std::move(names)), stores_(std::move(stores)) {}

  Task<Outcome<std::shared_ptr<Locker>>> open(std::string locker) override {
    // The component's own part: a namespace must not make room for an empty name.
    if (auto checked = check_locker(locker); !checked) return std::unexpected(checked.error());
    auto place = names_->find(locker);
    if (!place) return std::unexpected(Error{ErrorKind::no_such_store, {}});
    return stores_[place->backend]->open(std::move(place->name));
  }

  bool suspends() const override {
    return std::ranges::any_of(stores_, [](const auto& store) { return store->suspends(); });
  }

 private:
  std::shared_ptr<const capability::Names> names_;  // shared with whoever made it
  std::vector<std::shared_ptr<Store>> stores_;      // shared with open lockers
};

}  // namespace

std::shared_ptr<Store> make_routed(std::shared_ptr<const capability::Names> names,
                                   std::vector<std::shared_ptr<Store>> stores) {
  return std::make_shared<RoutedStore>(std::move(names), std::move(stores));
}

}  // namespace capstan::vault
