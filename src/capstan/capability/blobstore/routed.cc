#include <capstan/capability/blobstore/routed.h>

#include <fmt/format.h>

#include <algorithm>

namespace capstan::blobstore {
namespace {

using capability::Names;

// Errors about a container have its name as the component gave it.
void as_given(Error& error, std::string_view full, std::string_view given) {
  if (error == no_such_container(full)) error = no_such_container(given);
}

// A task's outcome after `change`, which is quick and owns what it needs.
template <typename T, typename Change>
Task<Outcome<T>> changed_later(Task<Outcome<T>> task, Change change) {
  Outcome<T> outcome = co_await std::move(task);
  change(outcome);
  co_return outcome;
}
template <typename T, typename Change>
Task<Outcome<T>> changed(Task<Outcome<T>> task, Change change) {
  if (!task.done()) return changed_later(std::move(task), std::move(change));
  Outcome<T> outcome = task.take();
  change(outcome);
  return outcome;
}

// A container under the name by which the component knows it.
class RoutedContainer final : public Container {
 public:
  RoutedContainer(std::shared_ptr<Container> container, std::string given)
      : container_(std::move(container)), full_(container_->name()), given_(std::move(given)) {}

  std::string name() const override { return given_; }
  Task<Outcome<ContainerInfo>> info() override {
    return changed(named(container_->info()), [given = given_](Outcome<ContainerInfo>& info) {
      if (info) info->name = given;
    });
  }
  Task<Outcome<std::unique_ptr<Reader>>> read(std::string object, Range range) override {
    return named(container_->read(std::move(object), range));
  }
  Task<Outcome<std::unique_ptr<Writer>>> write(std::string object) override {
    return named(container_->write(std::move(object)));
  }
  Task<Outcome<std::unique_ptr<Listing>>> list() override { return named(container_->list()); }
  Task<Outcome<void>> remove(std::vector<std::string> objects) override {
    return named(container_->remove(std::move(objects)));
  }
  Task<Outcome<bool>> has(std::string object) override {
    return named(container_->has(std::move(object)));
  }
  Task<Outcome<ObjectInfo>> object_info(std::string object) override {
    return changed(named(container_->object_info(std::move(object))),
                   [given = given_](Outcome<ObjectInfo>& info) {
                     if (info) info->container = given;
                   });
  }
  Task<Outcome<void>> clear() override { return named(container_->clear()); }

 private:
  template <typename T>
  Task<Outcome<T>> named(Task<Outcome<T>> task) const {
    if (full_ == given_) return task;
    return changed(std::move(task), [full = full_, given = given_](Outcome<T>& outcome) {
      if (!outcome) as_given(outcome.error(), full, given);
    });
  }

  std::shared_ptr<Container> container_;
  std::string full_;
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
    const bool never = std::ranges::all_of(
        stores_, [](const auto& store) { return store->waits() == Waits::never; });
    return never ? Waits::never : Waits::maybe;
  }

  Task<Outcome<std::shared_ptr<Container>>> create(std::string name) override {
    // With its namespace in front, an empty one would be a name.
    if (auto fits = check_name("container", name); !fits)
      return Outcome<std::shared_ptr<Container>>(std::unexpected(std::move(fits).error()));
    const auto place = names_->find(name);
    if (!place) return Outcome<std::shared_ptr<Container>>(std::unexpected(denied(name)));
    return named(stores_[place->backend]->create(place->name), place->name, std::move(name));
  }
  Task<Outcome<std::shared_ptr<Container>>> get(std::string name) override {
    const auto place = names_->find(name);
    if (!place) return Outcome<std::shared_ptr<Container>>(std::unexpected(denied(name)));
    return named(stores_[place->backend]->get(place->name), place->name, std::move(name));
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
      Task<Outcome<std::shared_ptr<Container>>> task, std::string full, std::string given) {
    return changed(std::move(task), [full = std::move(full), given = std::move(given)](
                                        Outcome<std::shared_ptr<Container>>& container) {
      if (container) {
        *container = std::make_shared<RoutedContainer>(*std::move(container), given);
      } else {
        as_given(container.error(), full, given);
      }
    });
  }

  Task<Outcome<void>> both(ObjectId from, ObjectId to, Source fate) {
    const auto source = names_->find(from.container);
    if (!source) return Outcome<void>(std::unexpected(denied(from.container)));
    const auto target = names_->find(to.container);
    if (!target) return Outcome<void>(std::unexpected(denied(to.container)));
    std::string from_given = std::exchange(from.container, source->name);
    std::string to_given = std::exchange(to.container, target->name);
    return changed(
        transfer_at(source->backend, std::move(from), target->backend, std::move(to), fate),
        [from_full = source->name, from_given = std::move(from_given), to_full = target->name,
         to_given = std::move(to_given)](Outcome<void>& outcome) {
          if (outcome) return;
          as_given(outcome.error(), from_full, from_given);
          as_given(outcome.error(), to_full, to_given);
        });
  }

  Task<Outcome<void>> transfer_at(std::size_t source, ObjectId from, std::size_t target,
                                  ObjectId to, Source fate) {
    if (source != target)
      return transfer(stores_[source], std::move(from), stores_[target], std::move(to), fate);
    if (fate == Source::stays) return stores_[source]->copy(std::move(from), std::move(to));
    return stores_[source]->move(std::move(from), std::move(to));
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
