#include <capstan/base/task.h>
#include <capstan/capability/sql/files_testing.h>
#include <capstan/capability/sql/sqlite.h>

#include <gtest/gtest.h>

#include <functional>
#include <thread>
#include <vector>

namespace capstan::sql {
namespace {

Outcome<Rows> query(Connection& on, const std::string& text) {
  return block_on(on.query(make_statement(text)));
}
std::shared_ptr<Connection> open(Store& store) { return block_on(store.open("default")).value(); }

void on_threads(int threads, const std::function<void()>& work) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(work);
  for (std::thread& thread : running) thread.join();
}

std::int64_t count_of(Connection& on) {
  const Value value = query(on, "SELECT n FROM counter").value().value(0, 0);
  return std::get<std::optional<std::int64_t>>(value).value();
}

TEST(SqliteConcurrency, CountsExactlyOnOneConnectionOfManyThreads) {
  const auto connection = open(*connect_with({}).value());
  ASSERT_TRUE(query(*connection, "CREATE TABLE counter (n INTEGER)"));
  ASSERT_TRUE(query(*connection, "INSERT INTO counter VALUES (0)"));

  on_threads(8, [&] {
    for (int i = 0; i < 5000; ++i) EXPECT_TRUE(query(*connection, "UPDATE counter SET n = n + 1"));
  });

  EXPECT_EQ(count_of(*connection), 40'000);
}

TEST(SqliteConcurrency, CountsExactlyOnManyConnectionsToOneFile) {
  const TestFolder folder;
  SqliteOptions options;
  options.file = folder.path() / "a.db";
  options.durability = Durability::process_end;
  options.busy_ms = 30'000;
  options.threads = 4;
  const auto store = connect_with(options).value();
  const auto first = open(*store);
  ASSERT_TRUE(query(*first, "CREATE TABLE counter (n INTEGER)"));
  ASSERT_TRUE(query(*first, "INSERT INTO counter VALUES (0)"));

  on_threads(8, [&] {
    for (int i = 0; i < 20; ++i) {
      const auto connection = open(*store);
      for (int k = 0; k < 10; ++k) EXPECT_TRUE(query(*connection, "UPDATE counter SET n = n + 1"));
    }
  });

  EXPECT_EQ(count_of(*first), 1600);
}

TEST(SqliteConcurrency, SharesDatabasesInMemoryBetweenThreads) {
  SqliteOptions options;
  options.busy_ms = 30'000;
  const auto store = connect_with(options).value();
  const auto first = open(*store);
  ASSERT_TRUE(query(*first, "CREATE TABLE counter (n INTEGER)"));
  ASSERT_TRUE(query(*first, "INSERT INTO counter VALUES (0)"));

  on_threads(4, [&] {
    for (int i = 0; i < 20; ++i) {
      const auto connection = open(*store);
      for (int k = 0; k < 10; ++k) {
        EXPECT_TRUE(query(*connection, "BEGIN IMMEDIATE"));
        EXPECT_TRUE(query(*connection, "UPDATE counter SET n = n + 1"));
        EXPECT_TRUE(query(*connection, "COMMIT"));
      }
    }
  });

  EXPECT_EQ(count_of(*first), 800);
}

TEST(SqliteConcurrency, MakesAFileThatManyOpenAtOnce) {
  for (int round = 0; round < 20; ++round) {
    const TestFolder folder;
    SqliteOptions options;
    options.file = folder.path() / "a.db";
    options.durability = Durability::process_end;
    options.busy_ms = 30'000;

    on_threads(8, [&] {
      const auto store = connect_with(options);
      ASSERT_TRUE(store.has_value()) << store.error().message();
      EXPECT_TRUE(query(*open(**store), "CREATE TABLE IF NOT EXISTS t (id INTEGER)"));
    });
  }
}

// A task that nobody waits for any more gives its thread back at once.
TEST(SqliteConcurrency, CancelsTheStatementOfATaskThatEnds) {
  SqliteOptions options;
  options.threads = 1;
  options.statement_ms = 600'000;
  const auto connection = open(*connect_with(options).value());
  {
    auto endless = connection->query(make_statement(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"));
    base::Parker parker;
    EXPECT_FALSE(endless.poll(parker.waker()));
  }

  EXPECT_TRUE(query(*connection, "SELECT 1"));
}

}  // namespace
}  // namespace capstan::sql
