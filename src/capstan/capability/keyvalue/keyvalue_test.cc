// The embedded backends are as keyvalue.h says.
#include <capstan/capability/keyvalue/conformance_testing.h>
#include <capstan/capability/keyvalue/memory.h>
#include <capstan/capability/keyvalue/routed.h>
#include <capstan/capability/keyvalue/sqlite_testing.h>
#include <capstan/capability/keyvalue/watch.h>

namespace capstan::keyvalue {
namespace {

std::shared_ptr<Store> memory() { return connect_with(MemoryOptions()).value(); }

// All tests are small; that they are durable is tested elsewhere.
SqliteOptions quick() { return {.sync = SqliteOptions::Sync::normal}; }

std::shared_ptr<Store> sqlite_on_threads() {
  SqliteOptions options = quick();
  options.pool = std::make_shared<BlockingPool>();
  return fresh_sqlite(options);
}

// A bucket is the same whatever its store does with names, and when somebody watches.
std::shared_ptr<Store> routed_and_watched() {
  class Deaf final : public Observer {
    void on_set(const std::string&, const std::string&, const Bytes&) override {}
    void on_delete(const std::string&, const std::string&) override {}
  };
  const std::vector<capability::Placement> placements = {{.label = "", .namespace_ = "shop"}};
  auto names = std::make_shared<const capability::Names>(placements, std::nullopt);
  return watching(route(std::move(names), {memory()}), {"bucket"}, std::make_shared<Deaf>());
}

INSTANTIATE_TEST_SUITE_P(Embedded, KeyValueConformance,
                         testing::Values(Backend{"Memory", &memory},
                                         Backend{"RoutedAndWatched", &routed_and_watched},
                                         Backend{"Sqlite", [] { return fresh_sqlite(quick()); }},
                                         Backend{"SqliteOnThreads", &sqlite_on_threads}),
                         backend_name);

}  // namespace
}  // namespace capstan::keyvalue
