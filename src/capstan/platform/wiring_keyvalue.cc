#include <capstan/capability/keyvalue/bind.h>
#include <capstan/capability/keyvalue/memory.h>
#include <capstan/platform/wiring.h>

#include <utility>

namespace capstan::platform {
namespace {

// Buckets wherever their names lead.
class NamedStore final : public keyvalue::Store {
 public:
  NamedStore(std::shared_ptr<const capability::Names> names,
             std::vector<std::shared_ptr<keyvalue::Store>> stores)
      : names_(std::move(names)), stores_(std::move(stores)) {}
  keyvalue::Outcome<std::shared_ptr<keyvalue::Bucket>> open(std::string_view name) override {
    const auto place = names_->find(name);
    if (!place) return std::unexpected(keyvalue::Error{keyvalue::ErrorKind::no_such_store, {}});
    return stores_[place->backend]->open(place->name);
  }

 private:
  std::shared_ptr<const capability::Names> names_;
  std::vector<std::shared_ptr<keyvalue::Store>> stores_;  // shared with open buckets
};

}  // namespace

Result<void> wire_keyvalue(const Wiring& wiring) {
  const Backends backends = backends_of(wiring.settings, "keyvalue");
  std::vector<std::shared_ptr<keyvalue::Store>> stores;
  for ([[maybe_unused]] const BackendChoice& choice : backends.choices)
    stores.push_back(keyvalue::make_memory_store());
  return keyvalue::bind(wiring.linker,
                        std::make_shared<NamedStore>(backends.names, std::move(stores)));
}

}  // namespace capstan::platform
