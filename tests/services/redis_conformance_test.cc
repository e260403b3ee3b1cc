// What every key-value backend must do, done by Redis.
#include "redis_testing.h"

#include <capstan/capability/keyvalue/conformance_testing.h>

namespace capstan::services {
namespace {

using keyvalue::Backend;
using keyvalue::KeyValueConcurrency;
using keyvalue::KeyValueConformance;

// One server for all tests of a run; it ends with the program.
RedisServer& server() {
  static RedisServer only;
  return only;
}

Backend backend(const std::string& name, const std::function<void(redis::Options&)>& change) {
  return {.name = name,
          .fresh = [change]() -> std::shared_ptr<keyvalue::Store> {
            server().cli({"FLUSHALL"});
            redis::Options options = at(server().port());
            options.timeout = std::chrono::seconds(20);
            change(options);
            return redis::connect_with(options).value();
          },
          .increments = 5000};
}

const auto backends = testing::Values(backend("Redis", [](redis::Options&) {}),
                                      backend("RedisFourConnections", [](auto& options) {
                                        options.connections = 4;
                                        options.in_flight = 8;
                                      }));

INSTANTIATE_TEST_SUITE_P(Services, KeyValueConformance, backends, keyvalue::backend_name);
INSTANTIATE_TEST_SUITE_P(Services, KeyValueConcurrency, backends, keyvalue::backend_name);

}  // namespace
}  // namespace capstan::services
