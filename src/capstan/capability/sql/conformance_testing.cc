#include <capstan/capability/sql/conformance_testing.h>

#include <capstan/base/task.h>

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <ostream>

namespace capstan::sql {

using testing::ElementsAre;
using testing::HasSubstr;

void PrintTo(const SqlBackend& backend, std::ostream* out) { *out << backend.name; }

SqlConformance::SqlConformance()
    : dialect(GetParam().dialect), store(GetParam().make()), connection(open()) {}

std::shared_ptr<Connection> SqlConformance::open(const std::string& name) {
  auto opened = block_on(store->open(name));
  EXPECT_TRUE(opened.has_value()) << opened.error().trace();
  return *opened;
}

Rows SqlConformance::query(Connection& on, const std::string& text, std::vector<Value> parameters) {
  auto rows = block_on(on.query(make_statement(text, std::move(parameters))));
  EXPECT_TRUE(rows.has_value()) << rows.error().trace();
  return rows ? *std::move(rows) : Rows();
}

std::uint64_t SqlConformance::exec(Connection& on, const std::string& text,
                                   std::vector<Value> parameters) {
  auto changed = block_on(on.exec(make_statement(text, std::move(parameters))));
  EXPECT_TRUE(changed.has_value()) << changed.error().trace();
  return changed.value_or(0);
}

Error SqlConformance::error_of(Connection& on, const std::string& text,
                               std::vector<Value> parameters) {
  auto rows = block_on(on.query(make_statement(text, std::move(parameters))));
  EXPECT_FALSE(rows.has_value()) << text;
  return rows ? Error("", "") : std::move(rows).error();
}

Value SqlConformance::round_trip(const std::string& column_type, const Value& value) {
  exec(*connection, "DROP TABLE IF EXISTS trip");
  exec(*connection, "CREATE TABLE trip (v " + column_type + ")");
  EXPECT_EQ(exec(*connection, "INSERT INTO trip VALUES ($1)", {value}), 1u);
  const Rows rows = query(*connection, "SELECT v FROM trip");
  EXPECT_EQ(rows.size(), 1u);
  return rows.size() == 1 ? rows.value(0, 0) : Value();
}

// Programs with other tests of these folders have no backend for it.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SqlConformance);

namespace {

// The values of one column.
std::vector<Value> column(const Rows& rows, std::size_t number = 0) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < rows.size(); ++i) values.push_back(rows.value(i, number));
  return values;
}

Value text(std::string value) { return some(std::move(value)); }

TEST_P(SqlConformance, KeepsWholeNumbersOfEverySize) {
  using I32 = std::numeric_limits<std::int32_t>;
  using I64 = std::numeric_limits<std::int64_t>;
  using U32 = std::numeric_limits<std::uint32_t>;
  using U64 = std::numeric_limits<std::uint64_t>;

  for (const std::int32_t n : {0, -1, I32::min(), I32::max()})
    EXPECT_EQ(round_trip(dialect.int32, some(n)), some(n));
  for (const std::int64_t n : {std::int64_t{0}, I64::min(), I64::max(), std::int64_t{1} << 53})
    EXPECT_EQ(round_trip(dialect.int64, some(n)), some(n));
  for (const std::uint32_t n : {0u, U32::max(), 1u << 31})
    EXPECT_EQ(round_trip(dialect.uint32, some(n)), some(n));
  for (const std::uint64_t n :
       {std::uint64_t{0}, U64::max(), std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1})
    EXPECT_EQ(round_trip(dialect.uint64, some(n)), some(n));
}

TEST_P(SqlConformance, KeepsFloatingPointNumbersAlsoThoseThatAreNone) {
  constexpr double infinity = std::numeric_limits<double>::infinity();

  for (const double n : {0.0, 0.1, -1.5e300, 5e-324, 3.0, infinity, -infinity})
    EXPECT_EQ(round_trip(dialect.double_, some(n)), some(n)) << n;
  for (const float n : {0.0f, 0.1f, 3.4e38f, std::numeric_limits<float>::infinity()})
    EXPECT_EQ(round_trip(dialect.float_, some(n)), some(n)) << n;
  const Value nan = round_trip(dialect.double_, some(std::nan("")));
  ASSERT_EQ(type_of(nan), Type::double_);
  EXPECT_TRUE(std::isnan(*std::get<std::optional<double>>(nan)));
  const Value nan32 = round_trip(dialect.float_, some(std::nanf("")));
  ASSERT_EQ(type_of(nan32), Type::float_);
  EXPECT_TRUE(std::isnan(*std::get<std::optional<float>>(nan32)));
}

TEST_P(SqlConformance, KeepsTextsBytesAndTruth) {
  for (const std::string& value :
       {std::string(), std::string("O'Hara; DROP TABLE trip --"),
        std::string("\xf0\x9f\x90\x9b \xc3\xa9"), std::string("12"), std::string(100'000, 'x')})
    EXPECT_EQ(round_trip(dialect.str, text(value)), text(value));
  for (const std::string_view value : {std::string_view(), std::string_view("\0\xff\x80", 3),
                                       std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff")})
    EXPECT_EQ(round_trip(dialect.binary, some(Bytes::copy_of(value))), some(Bytes::copy_of(value)));
  EXPECT_EQ(round_trip(dialect.boolean, some(true)), some(true));
  EXPECT_EQ(round_trip(dialect.boolean, some(false)), some(false));
}

TEST_P(SqlConformance, KeepsDatesTimesAndTimestamps) {
  EXPECT_EQ(round_trip(dialect.date, some(Date{"2026-02-28"})), some(Date{"2026-02-28"}));
  EXPECT_EQ(round_trip(dialect.date, some(Date{"0001-01-01"})), some(Date{"0001-01-01"}));
  EXPECT_EQ(round_trip(dialect.time, some(Time{"23:59:59"})), some(Time{"23:59:59"}));
  EXPECT_EQ(round_trip(dialect.time, some(Time{"00:00:00.123456"})), some(Time{"00:00:00.123456"}));
  EXPECT_EQ(round_trip(dialect.timestamp, some(Timestamp{"2026-02-28T23:59:59Z"})),
            some(Timestamp{"2026-02-28T23:59:59Z"}));
}

TEST_P(SqlConformance, GivesTheNullOfTheColumnsType) {
  const std::string* types[] = {
      &dialect.int32,  &dialect.int64,   &dialect.uint32,    &dialect.uint64,
      &dialect.float_, &dialect.double_, &dialect.str,       &dialect.boolean,
      &dialect.date,   &dialect.time,    &dialect.timestamp, &dialect.binary,
  };
  for (std::size_t i = 0; i < std::size(types); ++i) {
    const Value null = null_of(static_cast<Type>(i));
    EXPECT_EQ(round_trip(*types[i], null), null) << *types[i];
  }
}

TEST_P(SqlConformance, TakesANullOfAnyTypeForAnyColumn) {
  EXPECT_EQ(round_trip(dialect.str, null_of(Type::int32)), null_of(Type::str));
  EXPECT_EQ(round_trip(dialect.date, null_of(Type::str)), null_of(Type::date));
}

TEST_P(SqlConformance, ComparesAndSortsUnsignedNumbersByValue) {
  exec(*connection, "CREATE TABLE big (n " + dialect.uint64 + ")");
  const std::uint64_t numbers[] = {std::uint64_t{1} << 63, 7, ~std::uint64_t{0},
                                   (std::uint64_t{1} << 63) - 1};
  for (const std::uint64_t n : numbers) exec(*connection, "INSERT INTO big VALUES ($1)", {some(n)});

  EXPECT_THAT(column(query(*connection, "SELECT n FROM big ORDER BY n")),
              ElementsAre(some(numbers[1]), some(numbers[3]), some(numbers[0]), some(numbers[2])));
  EXPECT_EQ(query(*connection, "SELECT n FROM big WHERE n = $1", {some(numbers[2])}).size(), 1u);
  EXPECT_EQ(query(*connection, "SELECT n FROM big WHERE n > $1", {some(numbers[3])}).size(), 2u);
}

TEST_P(SqlConformance, NamesColumnsAsTheStatementDoesAlsoTwice) {
  const Rows rows = query(*connection, R"(SELECT 'a' AS one, 'b' AS one, 'c' AS "two words")");

  EXPECT_THAT(rows.names(), ElementsAre("one", "one", "two words"));
  EXPECT_EQ(rows.value(0, 0), text("a"));
  EXPECT_EQ(rows.value(0, 1), text("b"));
}

TEST_P(SqlConformance, GivesRowsInOrderAndNoneWhereThereAreNone) {
  exec(*connection, "CREATE TABLE t (id " + dialect.int64 + ", name " + dialect.str + ")");
  EXPECT_EQ(query(*connection, "SELECT * FROM t").size(), 0u);
  for (std::int64_t i = 0; i < 5; ++i)
    exec(*connection, "INSERT INTO t VALUES ($1, $2)", {some(i), text("n" + std::to_string(i))});

  const Rows rows = query(*connection, "SELECT * FROM t ORDER BY id DESC");

  EXPECT_THAT(rows.names(), ElementsAre("id", "name"));
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows.value(0, 0), some(std::int64_t{4}));
  EXPECT_EQ(rows.value(4, 1), text("n0"));
}

TEST_P(SqlConformance, CountsTheRowsThatAStatementChanged) {
  exec(*connection, "CREATE TABLE t (id " + dialect.int64 + ")");

  EXPECT_EQ(exec(*connection, "INSERT INTO t VALUES (1), (2), (3)"), 3u);
  EXPECT_EQ(exec(*connection, "SELECT * FROM t"), 0u);
  EXPECT_EQ(exec(*connection, "UPDATE t SET id = id + 10 WHERE id > 1"), 2u);
  EXPECT_EQ(exec(*connection, "CREATE TABLE u (id " + dialect.int64 + ")"), 0u);
  EXPECT_EQ(exec(*connection, "DELETE FROM t WHERE id = 99"), 0u);
  EXPECT_EQ(exec(*connection, "DELETE FROM t"), 3u);
}

TEST_P(SqlConformance, GivesTheRowsOfAStatementThatWrites) {
  exec(*connection, "CREATE TABLE t (id " + dialect.int64 + ")");

  const Rows rows = query(*connection, "INSERT INTO t VALUES (1), (2) RETURNING id");

  EXPECT_THAT(column(rows), ElementsAre(some(std::int64_t{1}), some(std::int64_t{2})));
  EXPECT_EQ(query(*connection, "SELECT id FROM t").size(), 2u);
}

TEST_P(SqlConformance, SaysWhatIsWrongWithAStatementAndWhere) {
  const Error error = error_of(*connection, "SELECT id FROM missing");

  EXPECT_THAT(error.message, HasSubstr("missing"));
  EXPECT_FALSE(error.code.empty());
  EXPECT_EQ(error.query, "SELECT id FROM missing");
  EXPECT_THAT(error.trace(), HasSubstr(error.code));
  EXPECT_THAT(error_of(*connection, "SELEC 1").trace(), HasSubstr("syntax error"));
}

TEST_P(SqlConformance, NeverShowsParametersInErrors) {
  exec(*connection, "CREATE TABLE t (v " + dialect.str + " NOT NULL UNIQUE)");
  exec(*connection, "INSERT INTO t VALUES ($1)", {text("hunter2")});

  const Error error = error_of(*connection, "INSERT INTO t VALUES ($1)", {text("hunter2")});

  EXPECT_THAT(error.trace(), Not(HasSubstr("hunter2")));
}

TEST_P(SqlConformance, ShortensLongStatementsInErrors) {
  const Error error =
      error_of(*connection, "SELECT\n  nothing FROM missing -- " + std::string(10'000, 'x'));

  EXPECT_LT(error.trace().size(), 500u);
  EXPECT_THAT(error.query, testing::StartsWith("SELECT nothing FROM missing"));
}

TEST_P(SqlConformance, RefusesAnotherNumberOfParameters) {
  EXPECT_THAT(error_of(*connection, "SELECT $1", {}).message,
              HasSubstr("takes 1 parameters and was given 0"));
  EXPECT_THAT(error_of(*connection, "SELECT 1", {text("a"), text("b")}).message,
              HasSubstr("takes 0 parameters and was given 2"));
}

TEST_P(SqlConformance, RunsOneStatementAtATime) {
  exec(*connection, "CREATE TABLE t (id " + dialect.int64 + ");  -- that is all\n;");

  const Error error = error_of(*connection, "SELECT 1; DROP TABLE t");

  EXPECT_THAT(error.message, HasSubstr("more than one statement"));
  EXPECT_EQ(query(*connection, "SELECT * FROM t").size(), 0u);
  EXPECT_THAT(error_of(*connection, " -- nothing").message, HasSubstr("empty"));
}

TEST_P(SqlConformance, PutsParametersWhereTheirNumbersSay) {
  const Rows rows = query(*connection, "SELECT $2, $1, $2", {text("first"), text("second")});

  EXPECT_EQ(rows.value(0, 0), text("second"));
  EXPECT_EQ(rows.value(0, 1), text("first"));
  EXPECT_EQ(rows.value(0, 2), text("second"));
}

TEST_P(SqlConformance, CommitsAndRollsBack) {
  exec(*connection, "CREATE TABLE t (id " + dialect.int64 + ")");
  exec(*connection, "BEGIN");
  exec(*connection, "INSERT INTO t VALUES (1)");
  exec(*connection, "ROLLBACK");
  EXPECT_EQ(query(*connection, "SELECT * FROM t").size(), 0u);

  exec(*connection, "BEGIN");
  exec(*connection, "INSERT INTO t VALUES (1)");
  exec(*connection, "COMMIT");

  EXPECT_EQ(query(*open(), "SELECT * FROM t").size(), 1u);
}

TEST_P(SqlConformance, UndoesTheTransactionOfAConnectionThatEnds) {
  exec(*connection, "CREATE TABLE t (id " + dialect.int64 + ")");
  {
    const auto other = open();
    exec(*other, "BEGIN");
    exec(*other, "INSERT INTO t VALUES (1)");
  }

  EXPECT_EQ(query(*connection, "SELECT * FROM t").size(), 0u);
  EXPECT_EQ(exec(*open(), "INSERT INTO t VALUES (2)"), 1u);
}

TEST_P(SqlConformance, LeavesNothingBehindForTheNextConnection) {
  {
    const auto other = open();
    exec(*other, "CREATE TEMPORARY TABLE secret (id " + dialect.int64 + ")");
  }

  EXPECT_THAT(error_of(*open(), "SELECT * FROM secret").message, HasSubstr("secret"));
}

TEST_P(SqlConformance, ChangesNothingWhenAStatementFailsHalfWay) {
  exec(*connection, "CREATE TABLE t (id " + dialect.int64 + " UNIQUE)");
  exec(*connection, "INSERT INTO t VALUES (3)");

  error_of(*connection, "INSERT INTO t VALUES (1), (2), (3)");

  EXPECT_EQ(query(*connection, "SELECT * FROM t").size(), 1u);
}

TEST_P(SqlConformance, KeepsForeignKeys) {
  exec(*connection, "CREATE TABLE parent (id " + dialect.int64 + " PRIMARY KEY)");
  exec(*connection, "CREATE TABLE child (id " + dialect.int64 + " REFERENCES parent (id))");

  const Error error = error_of(*connection, "INSERT INTO child VALUES (1)");

  EXPECT_THAT(testing::PrintToString(error.trace()), testing::ContainsRegex("[Ff][Oo][Rr]"));
}

TEST_P(SqlConformance, SeesAnotherSchemaInAStatementThatWasPreparedBefore) {
  exec(*connection, "CREATE TABLE t (a " + dialect.int64 + ")");
  exec(*connection, "INSERT INTO t VALUES (0)");
  EXPECT_THAT(query(*connection, "SELECT * FROM t").names(), ElementsAre("a"));

  exec(*open(), "ALTER TABLE t ADD COLUMN b " + dialect.date);
  exec(*connection, "INSERT INTO t VALUES (1, $1)", {some(Date{"2026-01-01"})});

  const Rows rows = query(*connection, "SELECT * FROM t");
  ASSERT_THAT(rows.names(), ElementsAre("a", "b"));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.value(0, 1), null_of(Type::date));
  EXPECT_EQ(rows.value(1, 1), some(Date{"2026-01-01"}));
}

TEST_P(SqlConformance, BoundsTheRowsAndBytesOfAResult) {
  exec(*connection, "CREATE TABLE t (v " + dialect.str + ")");
  const std::string numbers =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";
  EXPECT_EQ(query(*connection, numbers + "1000) SELECT i FROM n").size(), 1000u);

  EXPECT_THAT(error_of(*connection, numbers + "1001) SELECT i FROM n").message,
              HasSubstr("more than 1000 rows"));
  EXPECT_THAT(error_of(*connection, numbers + "20) SELECT CAST($1 AS TEXT) FROM n",
                       {text(std::string(100'000, 'x'))})
                  .message,
              HasSubstr("more than 1048576 bytes"));
}

TEST_P(SqlConformance, ChangesNothingWhenAResultIsTooLarge) {
  exec(*connection, "CREATE TABLE t (v " + dialect.int64 + ")");

  error_of(*connection,
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) "
           "INSERT INTO t SELECT i FROM n RETURNING v");

  EXPECT_EQ(query(*connection, "SELECT * FROM t").size(), 0u);
}

TEST_P(SqlConformance, StopsAStatementThatRunsForTooLong) {
  const auto start = std::chrono::steady_clock::now();

  const Error error = error_of(*connection, dialect.endless);

  EXPECT_THAT(error.message, HasSubstr("ran for more than"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(query(*connection, "SELECT 1").size(), 1u);
}

TEST_P(SqlConformance, BoundsTheConnections) {
  std::vector<std::shared_ptr<Connection>> held;
  for (int i = 0; i < 3; ++i) held.push_back(open());

  const auto refused = block_on(store->open("default"));

  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("4 connections"));
  held.pop_back();
  EXPECT_NE(open(), nullptr);
}

TEST_P(SqlConformance, GoesOnAfterTheStoreItself) {
  exec(*connection, "CREATE TABLE t (id " + dialect.int64 + ")");

  store.reset();

  EXPECT_EQ(exec(*connection, "INSERT INTO t VALUES (1)"), 1u);
}

}  // namespace

}  // namespace capstan::sql
