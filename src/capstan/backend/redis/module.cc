// The shared library libcapstan_backend_redis.so.
#include <capstan/backend/redis/redis.h>
#include <capstan/capability/module.h>

extern "C" [[gnu::visibility("default")]] const capstan::capability::BackendModule*
capstan_backend_module() {
  static const capstan::capability::BackendModule module = {
      .struct_size = sizeof(capstan::capability::BackendModule),
      .version = capstan::capability::backend_module_version,
      .build = capstan::capability::module_build(),
      .name = "redis",
      .schemes = "redis rediss",
      .keyvalue = [](const capstan::Url& url) { return capstan::redis::connect(url); },
  };
  return &module;
}
