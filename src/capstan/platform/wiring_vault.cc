#include <capstan/capability/vault/bind.h>
#include <capstan/capability/vault/connect.h>
#include <capstan/capability/vault/routed.h>
#include <capstan/platform/wiring.h>

#include <sys/resource.h>

#include <fstream>
#include <utility>
#include <vector>

namespace capstan::platform {
namespace {

// Secrets are in the memory of this process and of its guests from here on: the image of a crash
// has none of it. Where there is no such filter, there is no image at all.
void keep_memory_out_of_crash_images() {
  std::ofstream filter("/proc/self/coredump_filter");
  if (filter << "0" << std::flush) return;
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

Result<void> wire_vault(const Wiring& wiring) {
  keep_memory_out_of_crash_images();
  const Backends backends = backends_of(wiring.settings, "vault");
  std::vector<std::shared_ptr<vault::Store>> stores;
  for (const BackendChoice& choice : backends.choices) {
    CAPSTAN_TRY(auto store, vault::connect(choice.url));
    stores.push_back(std::move(store));
  }
  return vault::bind(wiring.linker, vault::make_routed(backends.names, std::move(stores)));
}

}  // namespace capstan::platform
