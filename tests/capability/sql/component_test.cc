// SQL as components use it: of both shapes, with `func` and with `async func`.
#include "guest_store.h"

#include <capstan/base/task.h>
#include <capstan/capability/names.h>
#include <capstan/capability/sql/conformance_testing.h>
#include <capstan/capability/sql/files_testing.h>
#include <capstan/capability/sql/routed.h>
#include <capstan/capability/sql/sqlite.h>

#include <gmock/gmock.h>

#include <set>

namespace capstan::sql {
namespace {

using testing::HasSubstr;

std::shared_ptr<Store> behind(std::size_t threads) {
  SqliteOptions options;
  options.statement_ms = 300;
  options.rows_max = 1000;
  options.result_bytes_max = 1 << 20;
  options.connections = 4;
  options.busy_ms = 50;
  options.threads = threads;
  return connect_with(options).value();
}

std::shared_ptr<GuestStore> plain(std::shared_ptr<Store> store, const BindOptions& options = {}) {
  return plain_guest::through(CAPSTAN_SQL_PLAIN, std::move(store), options);
}
std::shared_ptr<GuestStore> formatted(std::shared_ptr<Store> store) {
  return formatted_guest::through(CAPSTAN_SQL_FORMATTED, std::move(store));
}
std::shared_ptr<GuestStore> with_async(std::shared_ptr<Store> store) {
  return async_guest::through(CAPSTAN_SQL_ASYNC, std::move(store));
}

INSTANTIATE_TEST_SUITE_P(
    Component, SqlConformance,
    testing::Values(SqlBackend{"plain", [] { return plain(behind(0)); }},
                    SqlBackend{"formatted", [] { return formatted(behind(0)); }},
                    SqlBackend{"async", [] { return with_async(behind(0)); }},
                    SqlBackend{"plain_on_threads", [] { return plain(behind(2)); }},
                    SqlBackend{"async_on_threads", [] { return with_async(behind(2)); }}),
    [](const testing::TestParamInfo<SqlBackend>& of) { return of.param.name; });

std::shared_ptr<Connection> open(Store& store, const std::string& name = "default") {
  return block_on(store.open(name)).value();
}
Outcome<Rows> query(Connection& on, const std::string& text, std::vector<Value> parameters = {}) {
  return block_on(on.query(make_statement(text, std::move(parameters))));
}

TEST(SqlComponent, SharesItsDatabaseWithTheHost) {
  const auto store = behind(0);
  const auto host = open(*store);
  const auto guest = plain(store);
  ASSERT_TRUE(query(*host, "CREATE TABLE t (id INTEGER, day DATE)"));

  ASSERT_TRUE(query(*open(*guest), "INSERT INTO t VALUES ($1, $2)",
                    {some(std::uint64_t{7}), some(Date{"2026-02-28"})}));

  const Rows rows = query(*host, "SELECT id, day, typeof(day) FROM t").value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.value(0, 0), some(std::int64_t{7}));
  EXPECT_EQ(rows.value(0, 1), some(Date{"2026-02-28"}));
  EXPECT_EQ(rows.value(0, 2), some(std::string("text")));
}

TEST(SqlComponent, ShowsOneDatabaseInBothShapes) {
  const auto store = behind(0);
  const auto one = plain(store);
  const auto other = formatted(store);
  ASSERT_TRUE(query(*open(*one), "CREATE TABLE t (at TIMESTAMP)"));
  ASSERT_TRUE(query(*open(*other), "INSERT INTO t VALUES ($1)",
                    {some(Timestamp{"2026-02-28T23:59:59.5+02:00"})}));

  EXPECT_EQ(query(*open(*one), "SELECT at FROM t").value().value(0, 0),
            some(Timestamp{"2026-02-28T23:59:59.5+02:00"}));
  EXPECT_EQ(query(*open(*other), "SELECT at FROM t").value().value(0, 0),
            some(Timestamp{"2026-02-28T23:59:59.5+02:00"}));
}

TEST(SqlComponent, RefusesADateThatIsNoneWithoutShowingIt) {
  const auto guest = plain(behind(0));

  const auto refused =
      query(*open(*guest), "SELECT $1, $2", {some(std::string("x")), some(Date{"secret"})});

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().trace(),
            "parameter 2: a date is written like 2026-02-28 (INVALID), in: SELECT $1, $2");
}

TEST(SqlComponent, GetsAnErrorForANameItMayNotUse) {
  const auto names = std::make_shared<const capability::Names>(
      std::vector<capability::Placement>{{.label = "", .namespace_ = "shop"}},
      std::set<std::string, std::less<>>{"orders"});
  const auto guest = plain(route(names, {behind(0)}));

  const auto refused = block_on(guest->open("other"));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "ACCESS_DENIED");
  EXPECT_NE(open(*guest, "orders"), nullptr);
}

TEST(SqlComponent, CannotHoardStatements) {
  const auto few = plain(behind(0), {.statements_max = 100});
  EXPECT_THAT(few->hoard("SELECT 1"), HasSubstr("too many statements are prepared"));

  const auto small = plain(behind(0), {.statements_bytes_max = 100'000});
  EXPECT_THAT(small->hoard("SELECT " + std::string(10'000, ' ') + "1"),
              HasSubstr("take too much memory"));
}

TEST(SqlComponent, UndoesWhatAGuestLeftOpenWhenItEnds) {
  const auto store = behind(0);
  const auto host = open(*store);
  ASSERT_TRUE(query(*host, "CREATE TABLE t (id INTEGER)"));
  {
    const auto guest = plain(store);
    const auto connection = open(*guest);
    ASSERT_TRUE(query(*connection, "BEGIN"));
    ASSERT_TRUE(query(*connection, "INSERT INTO t VALUES (1)"));
  }

  EXPECT_EQ(query(*host, "SELECT * FROM t").value().size(), 0u);
}

}  // namespace
}  // namespace capstan::sql
