// What every SQL backend must do: one suite, run against each of them.
//
//   INSTANTIATE_TEST_SUITE_P(Memory, SqlConformance, testing::Values(SqlBackend{...}));
//
// What databases say differently is in SqlDialect.
#pragma once

#include <capstan/capability/sql/sql.h>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::sql {

// The types of columns that hold values of ours, and what only one database has.
struct SqlDialect {
  std::string int32 = "INT4";
  std::string int64 = "BIGINT";
  std::string uint32 = "INT UNSIGNED";
  std::string uint64 = "BIGINT UNSIGNED";
  std::string float_ = "FLOAT4";
  std::string double_ = "DOUBLE PRECISION";
  std::string str = "TEXT";
  std::string boolean = "BOOLEAN";
  std::string date = "DATE";
  std::string time = "TIME";
  std::string timestamp = "TIMESTAMP";
  std::string binary = "BLOB";
  // A query that runs for longer than any test waits.
  std::string endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
};

struct SqlBackend {
  std::string name;
  // A store with nothing in it. Statements end within seconds, results have at most 1000 rows and
  // 1 MiB, four connections can be open.
  std::function<std::shared_ptr<Store>()> make;
  SqlDialect dialect = {};
};
void PrintTo(const SqlBackend& backend, std::ostream* out);

class SqlConformance : public testing::TestWithParam<SqlBackend> {
 protected:
  SqlConformance();

  [[nodiscard]] std::shared_ptr<Connection> open(const std::string& name = "default");
  // Each expects that the statement succeeds.
  Rows query(Connection& connection, const std::string& text, std::vector<Value> parameters = {});
  std::uint64_t exec(Connection& connection, const std::string& text,
                     std::vector<Value> parameters = {});
  // Expects that it fails.
  Error error_of(Connection& connection, const std::string& text,
                 std::vector<Value> parameters = {});
  // The value after it was put into a column of that type and read back.
  Value round_trip(const std::string& column_type, const Value& value);

  const SqlDialect& dialect;
  std::shared_ptr<Store> store;
  std::shared_ptr<Connection> connection;  // to "default"
};

template <typename T>
Value some(T value) {
  return Value(std::optional<T>(std::move(value)));
}

}  // namespace capstan::sql
