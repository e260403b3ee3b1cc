#include <capstan/capability/sql/sqlite.h>

#include <capstan/base/task.h>
#include <capstan/capability/sql/conformance_testing.h>
#include <capstan/capability/sql/connect.h>
#include <capstan/capability/sql/files_testing.h>
#include <capstan/capability/sql/routed.h>

#include <gmock/gmock.h>

#include <fstream>
#include <random>
#include <set>

namespace capstan::sql {
namespace {

using testing::HasSubstr;

SqliteOptions small() {
  SqliteOptions options;
  options.statement_ms = 300;
  options.rows_max = 1000;
  options.result_bytes_max = 1 << 20;
  options.connections = 4;
  options.busy_ms = 50;
  return options;
}

// A store on a file of its own, which goes with it.
std::shared_ptr<Store> on_a_file(std::size_t threads) {
  struct Kept {
    TestFolder folder;
    std::shared_ptr<Store> store;
    ~Kept() { store.reset(); }
  };
  auto kept = std::make_shared<Kept>();
  SqliteOptions options = small();
  options.file = kept->folder.path() / "test.db";
  options.durability = Durability::process_end;
  options.threads = threads;
  kept->store = connect_with(options).value();
  return {kept, kept->store.get()};
}

INSTANTIATE_TEST_SUITE_P(
    Sqlite, SqlConformance,
    testing::Values(SqlBackend{"memory", [] { return connect_with(small()).value(); }},
                    SqlBackend{"file", [] { return on_a_file(0); }},
                    SqlBackend{"threads", [] { return on_a_file(2); }}),
    [](const testing::TestParamInfo<SqlBackend>& of) { return of.param.name; });

std::shared_ptr<Connection> open(Store& store, const std::string& name = "default") {
  return block_on(store.open(name)).value();
}
Outcome<Rows> query(Connection& on, const std::string& text, std::vector<Value> parameters = {}) {
  return block_on(on.query(make_statement(text, std::move(parameters))));
}
std::string failure(Connection& on, const std::string& text) {
  const auto rows = query(on, text);
  return rows ? "it worked" : rows.error().trace();
}

TEST(Sqlite, GivesWhatHasNoDeclaredTypeByItsValue) {
  const auto connection = open(*connect_with({}).value());

  const Rows rows = query(*connection, "SELECT 1, 1.5, 'a', x'00ff', NULL, 1 = 1").value();

  EXPECT_EQ(rows.value(0, 0), some(std::int64_t{1}));
  EXPECT_EQ(rows.value(0, 1), some(1.5));
  EXPECT_EQ(rows.value(0, 2), some(std::string("a")));
  EXPECT_EQ(rows.value(0, 3), some(Bytes::copy_of(std::string_view("\0\xff", 2))));
  EXPECT_EQ(rows.value(0, 4), null_of(Type::str));
  EXPECT_EQ(rows.value(0, 5), some(std::int64_t{1}));
}

TEST(Sqlite, GivesAValueThatItsColumnCannotHoldAsWhatItIs) {
  const auto connection = open(*connect_with({}).value());
  ASSERT_TRUE(query(*connection, "CREATE TABLE t (a INT4, b BOOLEAN, c DATE, d INTEGER)"));
  ASSERT_TRUE(query(*connection, "INSERT INTO t VALUES (3000000000, 7, 'soon', 'text')"));

  const Rows rows = query(*connection, "SELECT * FROM t").value();

  EXPECT_EQ(rows.value(0, 0), some(std::int64_t{3'000'000'000}));
  EXPECT_EQ(rows.value(0, 1), some(std::int64_t{7}));
  EXPECT_EQ(rows.value(0, 2), some(std::string("soon")));
  EXPECT_EQ(rows.value(0, 3), some(std::string("text")));
}

TEST(Sqlite, GivesTextThatIsNoneAsBytes) {
  const auto connection = open(*connect_with({}).value());

  const Rows rows = query(*connection, "SELECT CAST(x'ff41' AS TEXT)").value();

  EXPECT_EQ(rows.value(0, 0), some(Bytes::copy_of("\xff"
                                                  "A")));
}

TEST(Sqlite, TakesEachWayOfWritingParameters) {
  const auto connection = open(*connect_with({}).value());
  const std::vector<Value> two = {some(std::string("a")), some(std::string("b"))};

  for (const char* text : {"SELECT ?, ?", "SELECT ?1, ?2", "SELECT :x, :y", "SELECT @x, $y"}) {
    const Rows rows = query(*connection, text, two).value();
    EXPECT_EQ(rows.value(0, 0), two[0]) << text;
    EXPECT_EQ(rows.value(0, 1), two[1]) << text;
  }
}

TEST(Sqlite, KeepsDatabasesInMemoryApartByNameAndSharesThemByName) {
  const auto store = connect_with({}).value();
  const auto one = open(*store, "one");
  ASSERT_TRUE(query(*one, "CREATE TABLE t (id INTEGER)"));

  EXPECT_TRUE(query(*open(*store, "one"), "SELECT * FROM t"));
  EXPECT_THAT(failure(*open(*store, "two"), "SELECT * FROM t"), HasSubstr("no such table"));
  EXPECT_THAT(failure(*open(*connect_with({}).value(), "one"), "SELECT * FROM t"),
              HasSubstr("no such table"));
}

TEST(Sqlite, KeepsDatabasesInMemoryWhenNobodyIsConnected) {
  const auto store = connect_with({}).value();
  ASSERT_TRUE(query(*open(*store, "one"), "CREATE TABLE t (id INTEGER)"));

  EXPECT_TRUE(query(*open(*store, "one"), "SELECT * FROM t"));
}

TEST(Sqlite, BoundsTheDatabasesInMemory) {
  SqliteOptions options;
  options.databases = 2;
  const auto store = connect_with(options).value();
  (void)open(*store, "one");
  (void)open(*store, "two");

  const auto refused = block_on(store->open("three"));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "there are 2 databases in memory, which is the limit");
  (void)open(*store, "one");
}

TEST(Sqlite, KeepsAFileUnderAnyName) {
  const TestFolder folder;
  SqliteOptions options;
  options.file = folder.path() / "a.db";
  ASSERT_TRUE(query(*open(*connect_with(options).value(), "one"), "CREATE TABLE t (id INTEGER)"));

  EXPECT_TRUE(query(*open(*connect_with(options).value(), "two"), "SELECT * FROM t"));
}

TEST(Sqlite, ReadsAFileThatItMayNotChange) {
  const TestFolder folder;
  SqliteOptions options;
  options.file = folder.path() / "a.db";
  ASSERT_TRUE(query(*open(*connect_with(options).value()), "CREATE TABLE t (id INTEGER)"));
  options.readonly = true;

  const auto connection = open(*connect_with(options).value());

  EXPECT_TRUE(query(*connection, "SELECT * FROM t"));
  EXPECT_THAT(failure(*connection, "INSERT INTO t VALUES (1)"), HasSubstr("SQLITE_READONLY"));
}

TEST(Sqlite, RefusesAFileThatIsNoDatabaseOrNowhere) {
  const TestFolder folder;
  std::ofstream(folder.path() / "text.txt") << std::string(1000, 'x');

  EXPECT_THAT(connect(Url::parse("sqlite:" + (folder.path() / "text.txt").string()).value())
                  .error()
                  .message(),
              HasSubstr("file is not a database"));
  EXPECT_THAT(connect(Url::parse("sqlite:" + (folder.path() / "no/where.db").string()).value())
                  .error()
                  .message(),
              HasSubstr("unable to open database file"));
}

TEST(Sqlite, BoundsTheSizeOfADatabase) {
  SqliteOptions options;
  options.database_bytes_max = 1 << 20;
  const auto connection = open(*connect_with(options).value());
  ASSERT_TRUE(query(*connection, "CREATE TABLE t (v BLOB)"));

  EXPECT_THAT(failure(*connection, "INSERT INTO t VALUES (zeroblob(2000000))"),
              HasSubstr("the database is full: it has at most 1048576 bytes"));
  EXPECT_EQ(query(*connection, "SELECT * FROM t").value().size(), 0u);
  EXPECT_TRUE(query(*connection, "INSERT INTO t VALUES (zeroblob(200000))"));
}

TEST(Sqlite, BoundsTheSizeOfAValue) {
  SqliteOptions options;
  options.value_bytes_max = 1000;
  const auto connection = open(*connect_with(options).value());

  EXPECT_THAT(failure(*connection, "SELECT zeroblob(1001)"), HasSubstr("SQLITE_TOOBIG"));
  const auto given = query(*connection, "SELECT $1", {some(std::string(1001, 'x'))});
  ASSERT_FALSE(given.has_value());
  EXPECT_EQ(given.error().code, "SQLITE_TOOBIG");
}

TEST(Sqlite, BoundsTheMemoryOfAStatement) {
  const TestFolder folder;
  SqliteOptions options;
  options.file = folder.path() / "a.db";
  options.statement_bytes_max = 4 << 20;
  const auto connection = open(*connect_with(options).value());

  for (const char* text :
       {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000) "
        "SELECT count(DISTINCT i) FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000) "
        "SELECT group_concat(i, '-----------------') FROM n",
        "SELECT hex(zeroblob(8000000))"})
    EXPECT_THAT(failure(*connection, text),
                HasSubstr("the statement takes more than 4194304 bytes of memory (SQLITE_NOMEM)"));

  EXPECT_EQ(query(*connection, "SELECT hex(zeroblob(1000))").value().size(), 1u);
}

TEST(Sqlite, WaitsForALockAndThenSaysSo) {
  const auto store = connect_with(small()).value();
  const auto holder = open(*store);
  ASSERT_TRUE(query(*holder, "CREATE TABLE t (id INTEGER)"));
  ASSERT_TRUE(query(*holder, "BEGIN IMMEDIATE"));

  const std::string refused = failure(*open(*store), "INSERT INTO t VALUES (1)");

  EXPECT_THAT(refused, HasSubstr("another connection has held the lock for more than 50 ms"));
  ASSERT_TRUE(query(*holder, "COMMIT"));
  EXPECT_TRUE(query(*open(*store), "INSERT INTO t VALUES (1)"));
}

TEST(Sqlite, SaysThatAFailedStatementEndedItsTransaction) {
  const auto connection = open(*connect_with(small()).value());
  ASSERT_TRUE(query(*connection, "CREATE TABLE t (id INTEGER)"));
  ASSERT_TRUE(query(*connection, "BEGIN"));

  const std::string stopped =
      failure(*connection,
              "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
              "SELECT count(*) FROM n");

  EXPECT_THAT(stopped, HasSubstr("ran for more than 300 ms and was stopped; "
                                 "the transaction was rolled back"));
}

TEST(Sqlite, KeepsGuestsAwayFromFilesAndSettings) {
  const TestFolder folder;
  SqliteOptions options = small();
  options.file = folder.path() / "a.db";
  const auto connection = open(*connect_with(options).value());
  const std::string other = (folder.path() / "other.db").string();

  for (const std::string& text :
       std::vector<std::string>{"ATTACH '" + other + "' AS o",
                                "VACUUM INTO '" + other + "'",
                                "VACUUM",
                                "ATTACH ':memory:' AS o",
                                "DETACH main",
                                "PRAGMA journal_mode = DELETE",
                                "PRAGMA journal_mode = OFF",
                                "PRAGMA main.synchronous = OFF",
                                "PRAGMA writable_schema = 1",
                                "PRAGMA temp_store_directory = '" + folder.path().string() + "'",
                                "PRAGMA temp_store = FILE",
                                "PRAGMA locking_mode = EXCLUSIVE",
                                "PRAGMA max_page_count = 1000000",
                                "PRAGMA cache_size = 1000000",
                                "PRAGMA mmap_size = 1000000000",
                                "PRAGMA foreign_keys = 0",
                                "PRAGMA trusted_schema = 1",
                                "PRAGMA hard_heap_limit = 1",
                                "PRAGMA wal_checkpoint(TRUNCATE)",
                                "PRAGMA key = 'a'"})
    EXPECT_THAT(failure(*connection, text), HasSubstr("SQLITE_AUTH")) << text;
  for (const std::string& text : std::vector<std::string>{
           "SELECT load_extension('" + other + "')", "SELECT readfile('" + other + "')",
           "SELECT writefile('" + other + "', 'x')", "SELECT * FROM dbstat",
           "UPDATE sqlite_schema SET sql = ''"})
    EXPECT_THAT(failure(*connection, text), HasSubstr("SQLITE_ERROR")) << text;

  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    files.insert(entry.path().filename().string());
  EXPECT_THAT(files, testing::UnorderedElementsAre("a.db", "a.db-wal", "a.db-shm"));
  EXPECT_THAT(failure(*connection, "VACUUM"),
              HasSubstr("ATTACH, which VACUUM uses too, is not for components"));
}

TEST(Sqlite, LetsGuestsLookAtTheirTables) {
  const auto connection = open(*connect_with({}).value());
  ASSERT_TRUE(query(*connection, "CREATE TABLE t (id INTEGER, name TEXT)"));

  EXPECT_EQ(query(*connection, "PRAGMA table_info(t)").value().size(), 2u);
  EXPECT_EQ(query(*connection, "SELECT name FROM pragma_table_info('t')").value().size(), 2u);
  ASSERT_TRUE(query(*connection, "PRAGMA user_version = 7"));
  EXPECT_EQ(query(*connection, "PRAGMA user_version").value().value(0, 0), some(std::int64_t{7}));
  EXPECT_EQ(query(*connection, "SELECT name FROM sqlite_schema").value().size(), 1u);
}

TEST(Sqlite, SearchesTextAndSpace) {
  const auto connection = open(*connect_with({}).value());
  ASSERT_TRUE(query(*connection, "CREATE VIRTUAL TABLE notes USING fts5(body)"));
  ASSERT_TRUE(query(*connection, "INSERT INTO notes VALUES ('the quick fox'), ('a dog')"));
  ASSERT_TRUE(query(*connection, "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1)"));
  ASSERT_TRUE(query(*connection, "INSERT INTO box VALUES (1, 0, 5), (2, 10, 20)"));

  EXPECT_EQ(query(*connection, "SELECT * FROM notes WHERE notes MATCH 'fox'").value().size(), 1u);
  EXPECT_EQ(query(*connection, "SELECT id FROM box WHERE x0 > 7").value().size(), 1u);
}

TEST(Sqlite, KeepsFewStatementsPreparedAndAllOfThemRight) {
  SqliteOptions options;
  options.statements = 2;
  const auto connection = open(*connect_with(options).value());

  for (int round = 0; round < 3; ++round)
    for (std::int64_t i = 0; i < 5; ++i)
      EXPECT_EQ(query(*connection, "SELECT " + std::to_string(i)).value().value(0, 0), some(i));
}

TEST(Sqlite, RefusesAStatementWithANul) {
  const auto connection = open(*connect_with({}).value());

  EXPECT_THAT(failure(*connection, std::string("SELECT 1\0; DROP TABLE t", 23)),
              HasSubstr("the statement has a NUL"));
}

// Random text made of SQL's own words, with random parameters: whatever comes of it, it comes soon,
// as a value.
TEST(Sqlite, EndsAnyStatementSoonAndInPeace) {
  const TestFolder folder;
  SqliteOptions options = small();
  options.file = folder.path() / "a.db";
  options.durability = Durability::process_end;
  options.statement_ms = 100;
  options.database_bytes_max = 4 << 20;
  const auto connection = open(*connect_with(options).value());
  const std::vector<std::string> words = {
      "SELECT",
      "*",
      "FROM",
      "t",
      "WHERE",
      "a",
      "=",
      "?",
      "(",
      ")",
      ",",
      "INSERT INTO",
      "VALUES",
      "1",
      "'x'",
      "x'00'",
      "CREATE TABLE",
      "u",
      "DROP TABLE",
      "UPDATE",
      "SET",
      "DELETE",
      "BEGIN",
      "COMMIT",
      "ROLLBACK",
      "SAVEPOINT",
      "RELEASE",
      "WITH RECURSIVE",
      "AS",
      "UNION ALL",
      "ORDER BY",
      "LIMIT",
      "GROUP BY",
      "NULL",
      "LIKE",
      "'%'",
      "randomblob",
      "zeroblob",
      "999999999999",
      "PRAGMA",
      "journal_mode",
      "ATTACH",
      "VACUUM",
      "INTO",
      "'other.db'",
      ";",
      "--",
      "/*",
      "$1",
      ":n",
      "||",
      "CAST",
      "TEXT",
      "json_each",
      "'[1,2,3]'",
      "group_concat",
      "EXPLAIN",
      "REINDEX",
      "ANALYZE",
      "CREATE TRIGGER",
      "AFTER",
      "ON",
      "END",
      "RETURNING",
      "CREATE VIEW",
      "CROSS JOIN",
      "printf",
      "'%99999999d'",
      "CREATE VIRTUAL TABLE",
      "USING",
      "fts5",
      "rtree",
      "OVER",
      "\0x",
  };
  std::mt19937 random(7);
  const auto below = [&random](std::size_t n) { return random() % n; };
  ASSERT_TRUE(query(*connection, "CREATE TABLE t (a BIGINT UNSIGNED, b TEXT)"));

  std::size_t worked = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t length = 1 + below(14); length > 0; --length)
      text += words[below(words.size())] + ' ';
    std::vector<Value> parameters;
    for (std::size_t count = below(3); count > 0; --count) {
      Value value = null_of(static_cast<Type>(below(12)));
      if (below(2) == 0) value = some(Bytes::copy_of(std::string(below(100), 'x')));
      parameters.push_back(value);
    }
    worked += query(*connection, text, std::move(parameters)).has_value() ? 1 : 0;
  }

  EXPECT_GT(worked, 20u);
  (void)query(*connection, "ROLLBACK");
  EXPECT_EQ(query(*connection, "PRAGMA integrity_check").value().value(0, 0),
            some(std::string("ok")));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_THAT(entry.path().filename().string(), testing::StartsWith("a.db"));
}

TEST(SqlRouted, LeadsNamesToTheirBackendsAndRefusesOthers) {
  const auto orders = connect_with({}).value();
  ASSERT_TRUE(query(*open(*orders, "shop/orders"), "CREATE TABLE orders (id INTEGER)"));
  const auto names = std::make_shared<const capability::Names>(
      std::vector<capability::Placement>{{.label = "", .namespace_ = "shop"},
                                         {.label = "orders", .namespace_ = "shop"}},
      std::set<std::string, std::less<>>{"orders", "default"});
  const auto store = route(names, {connect_with({}).value(), orders});

  EXPECT_TRUE(query(*open(*store, "orders"), "SELECT * FROM orders"));
  EXPECT_FALSE(query(*open(*store, "default"), "SELECT * FROM orders"));
  const auto refused = block_on(store->open("other"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().trace(),
            "the database 'other' is none of those that this component may use (ACCESS_DENIED)");
}

}  // namespace
}  // namespace capstan::sql
