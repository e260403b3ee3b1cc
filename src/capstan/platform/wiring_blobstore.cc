#include <capstan/capability/blobstore/bind.h>
#include <capstan/capability/blobstore/connect.h>
#include <capstan/capability/blobstore/routed.h>
#include <capstan/platform/wiring.h>

#include <utility>

namespace capstan::platform {

Result<void> wire_blobstore(const Wiring& wiring) {
  const Backends backends = backends_of(wiring.settings, "blobstore");
  std::vector<std::shared_ptr<blobstore::Store>> stores;
  for (const BackendChoice& choice : backends.choices) {
    CAPSTAN_TRY(std::shared_ptr<blobstore::Store> store, blobstore::connect(choice.url));
    stores.push_back(std::move(store));
  }
  return blobstore::bind(wiring.linker, blobstore::route(backends.names, std::move(stores)));
}

}  // namespace capstan::platform
