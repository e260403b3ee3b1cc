#include <capstan/capability/blobstore/routed.h>

#include <fmt/format.h>

#include <algorithm>

namespace capstan::blobstore {
namespace {

using capability::Names;

// The value of a task after `change`, which is quick; `change` owns what it needs.
template <typename T, typename Change>
Task<Outcome<T>> changed_later(Task<Outcome<T>> task, Change change) {
  Outcome<T> outcome = co_await std::move(task);
  if (outcome) change(*outcome);
  co_return outcome;
}
template <typename T, typename Change>
Task<Outcome<T>> changed(Task<Outcome<T>> task, Change change) {
  if (!task.done()) return changed_later(std::move(task), std::move(change));
  Outcome<T> outcome = task.take();
  if (outcome) change(*outcome);
  return outcome;
}

// A container under the name by which the component knows it.
class RoutedContainer final : public Container {
 public:
  RoutedContainer(std::shared_ptr<Container> container, std::string given)
      : container_(std::move(container)), given_(std::move(given)) {}

  std::string name() const override { return given_; }
  Task<Outcome<ContainerInfo>> info() override {
    return changed(container_->info(),
                   [given = given_](ContainerInfo& info) { info.name = given; });
  }
  Task<Outcome<std::unique_ptr<Reader>>> read(std::string object, Range range) override {
    return container_->read(std::move(object), range);
  }
  Task<Outcome<std::unique_ptr<Writer>>> write(std::string object) override {
    return container_->write(std::move(object));
  }
  Task<Outcome<std::unique_ptr<Listing>>> list() override { return container_->list(); }
  Task<Outcome<void>> remove(std::vector<std::string> objects) override {
    return container_->remove(std::move(objects));
  }
  Task<Outcome<bool>> has(std::string object) override {
    return container_->has(std::move(object));
  }
  Task<Outcome<ObjectInfo>> object_info(std::string object) override {
    return changed(container_->object_info(std::move(object)),
                   [given = given_](ObjectInfo& info) { info.container = given; });
  }
  Task<Outcome<void>> clear() override { return container_->clear(); }

 private:
  std::shared_ptr<Container> container_;
  std::string given_;
};

Error denied(std::string_view name) {
  return {ErrorKind::access_denied,
          fmt::format("access denied: the container '{}' is not among those this component may use",
                      name)};
}

enum class Source : std::uint8_t { stays, goes };

// Between backends: what is copied is there before what is moved goes.
Task<Outcome<void>> transfer(std::shared_ptr<Store> from_store, ObjectId from,
                             std::shared_ptr<Store> to_store, ObjectId to, Source fate) {
  auto finding = from_store->get(std::move(from.container));
  auto source = co_await std::move(finding);
  if (!source) co_return std::unexpected(std::move(source).error());
  auto opening = to_store->get(std::move(to.container));
  auto target = co_await std::move(opening);
  if (!target) co_return std::unexpected(std::move(target).error());
  auto copying = copy_object(*source, from.object, *target, std::move(to.object));
  auto copied = co_await std::move(copying);
  if (!copied || fate == Source::stays) co_return copied;
  std::vector<std::string> objects;
  objects.push_back(std::move(from.object));
  auto removing = (*source)->remove(std::move(objects));
  co_return co_await std::move(removing);
}

class RoutedStore final : public Store {
 public:
  // Stores are shared with what they gave out.
  RoutedStore(std::shared_ptr<const Names> names, std::vector<std::shared_ptr<Store>> stores)
      : names_(std::move(names)), stores_(std::move(stores)) {}

  Waits waits() const override {
    const bool never =
        std::ranges::all_of(stores_, [](const auto& store) { return store->waits() == Waits::never; });
    return never ? Waits::never : Waits::maybe;
  }

  Task<Outcome<std::shared_ptr<Container>>> create(std::string name) override {
    const auto place = names_->find(name);
    if (!place) return Outcome<std::shared_ptr<Container>>(std::unexpected(denied(name)));
    return named(stores_[place->backend]->create(place->name), std::move(name));
  }
  Task<Outcome<std::shared_ptr<Container>>> get(std::string name) override {
    const auto place = names_->find(name);
    if (!place) return Outcome<std::shared_ptr<Container>>(std::unexpected(denied(name)));
    return named(stores_[place->backend]->get(place->name), std::move(name));
  }
  Task<Outcome<void>> remove(std::string name) override {
    const auto place = names_->find(name);
    if (!place) return Outcome<void>(std::unexpected(denied(name)));
    return stores_[place->backend]->remove(place->name);
  }
  Task<Outcome<bool>> exists(std::string name) override {
    const auto place = names_->find(name);
    if (!place) return Outcome<bool>(std::unexpected(denied(name)));
    return stores_[place->backend]->exists(place->name);
  }
  Task<Outcome<void>> copy(ObjectId from, ObjectId to) override {
    return both(std::move(from), std::move(to), Source::stays);
  }
  Task<Outcome<void>> move(ObjectId from, ObjectId to) override {
    return both(std::move(from), std::move(to), Source::goes);
  }

 private:
  static Task<Outcome<std::shared_ptr<Container>>> named(
      Task<Outcome<std::shared_ptr<Container>>> task, std::string given) {
    return changed(std::move(task),
                   [given = std::move(given)](std::shared_ptr<Container>& container) {
                     container = std::make_shared<RoutedContainer>(std::move(container), given);
                   });
  }

  Task<Outcome<void>> both(ObjectId from, ObjectId to, Source fate) {
    const auto source = names_->find(from.container);
    if (!source) return Outcome<void>(std::unexpected(denied(from.container)));
    const auto target = names_->find(to.container);
    if (!target) return Outcome<void>(std::unexpected(denied(to.container)));
    from.container = source->name;
    to.container = target->name;
    Store& store = *stores_[source->backend];
    if (source->backend != target->backend)
      return transfer(stores_[source->backend], std::move(from), stores_[target->backend],
                      std::move(to), fate);
    if (fate == Source::stays) return store.copy(std::move(from), std::move(to));
    return store.move(std::move(from), std::move(to));
  }

  std::shared_ptr<const Names> names_;
  std::vector<std::shared_ptr<Store>> stores_;
};

}  // namespace

std::shared_ptr<Store> route(std::shared_ptr<const capability::Names> names,
                             std::vector<std::shared_ptr<Store>> stores) {
  return std::make_shared<RoutedStore>(std::move(names), std::move(stores));
}

}  // namespace capstan::blobstore
