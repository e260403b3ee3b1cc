#include <capstan/capability/keyvalue/routed.h>

#include <algorithm>
#include <utility>

namespace capstan::keyvalue {
namespace {

class RoutedStore final : public Store {
 public:
  // `names` and the stores are shared with whoever wires several components to them.
  RoutedStore(std::shared_ptr<const capability::Names> names,
              std::vector<std::shared_ptr<Store>> stores)
      : names_(std::move(names)), stores_(std::move(stores)) {
    suspends_ = std::ranges::any_of(stores_, [](const auto& store) { return store->suspends(); });
  }

  Task<Outcome<std::shared_ptr<Bucket>>> open(std::string name) override {
    auto place = names_->find(name);
    if (!place)
      return Outcome<std::shared_ptr<Bucket>>(std::unexpected(Error{ErrorKind::no_such_store, {}}));
    return stores_[place->backend]->open(std::move(place->name));
  }

  bool suspends() const override { return suspends_; }

 private:
  std::shared_ptr<const capability::Names> names_;
  std::vector<std::shared_ptr<Store>> stores_;
  bool suspends_ = false;
};

}  // namespace

std::shared_ptr<Store> route(std::shared_ptr<const capability::Names> names,
                             std::vector<std::shared_ptr<Store>> stores) {
  return std::make_shared<RoutedStore>(std::move(names), std::move(stores));
}

}  // namespace capstan::keyvalue
