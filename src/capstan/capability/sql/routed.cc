#include <capstan/capability/sql/routed.h>

#include <algorithm>
#include <utility>

namespace capstan::sql {
namespace {

class RoutedStore final : public Store {
 public:
  RoutedStore(std::shared_ptr<const capability::Names> names,
              std::vector<std::shared_ptr<Store>> stores)
      : names_(std::move(names)), stores_(std::move(stores)) {}

  Task<Outcome<std::shared_ptr<Connection>>> open(std::string name) override {
    auto place = names_->find(name);
    if (!place) return Outcome<std::shared_ptr<Connection>>(std::unexpected(access_denied(name)));
    return stores_[place->backend]->open(std::move(place->name));
  }
  [[nodiscard]] bool suspends() const override {
    return std::ranges::any_of(stores_, [](const auto& store) { return store->suspends(); });
  }

 private:
  std::shared_ptr<const capability::Names> names_;  // also of who made the stores
  std::vector<std::shared_ptr<Store>> stores_;      // also of their connections
};

}  // namespace

std::shared_ptr<Store> route(std::shared_ptr<const capability::Names> names,
                             std::vector<std::shared_ptr<Store>> stores) {
  return std::make_shared<RoutedStore>(std::move(names), std::move(stores));
}

}  // namespace capstan::sql
