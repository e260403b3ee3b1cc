#include <capstan/capability/keyvalue/conformance_testing.h>
#include <capstan/capability/keyvalue/memory.h>
#include <capstan/capability/keyvalue/sqlite_testing.h>

namespace capstan::keyvalue {
namespace {

// A transaction of SQLite takes a hundred times as long as an increment in memory.
constexpr int sqlite_increments = 2000;

enum class Runs : std::uint8_t { here, on_threads };

std::shared_ptr<Store> sqlite(Runs runs) {
  SqliteOptions options{.sync = SqliteOptions::Sync::normal};
  if (runs == Runs::on_threads) options.pool = std::make_shared<BlockingPool>();
  return fresh_sqlite(options);
}

INSTANTIATE_TEST_SUITE_P(
    Embedded, KeyValueConcurrency,
    testing::Values(Backend{"Memory", [] { return connect_with(MemoryOptions()).value(); }},
                    Backend{"Sqlite", [] { return sqlite(Runs::here); }, sqlite_increments},
                    Backend{"SqliteOnThreads", [] { return sqlite(Runs::on_threads); },
                            sqlite_increments}),
    backend_name);

}  // namespace
}  // namespace capstan::keyvalue
