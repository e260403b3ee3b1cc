// SQL databases, as Capstan sees them: connections that run statements.
//
// What a backend implements and what the dialects of WIT (bind.h) are translated to; it knows
// nothing of WebAssembly. What holds on every backend:
//
//   - A call runs one statement; a text with two is an error. Parameters are given by position.
//   - Every value comes back as it was given, of the type its column was declared with, and a null
//     as the null of that type. Where a column says nothing of a type, the value itself does.
//   - Names of columns are given as the database gives them, also when two are the same.
//   - BEGIN, COMMIT and ROLLBACK are statements like others and belong to their connection. A
//     connection that ends in a transaction undoes it.
//   - What was answered with success is kept, whatever happens to this process afterwards (but for
//     backends in memory).
//   - Every limit (rows and bytes of a result, time of a statement, connections, size) has an
//     error. A failed statement changes nothing.
//
// Threads: a Store and its connections may be used from any number of threads; the statements of
// one connection run one after the other.
#pragma once

#include <capstan/base/task.h>
#include <capstan/capability/sql/rows.h>
#include <capstan/capability/sql/value.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::sql {

// A query's text and its parameters; not changed once it is made.
struct Statement {
  Statement(std::string text, std::vector<Value> values)
      : query(std::move(text)), parameters(std::move(values)) {}

  std::string query;
  std::vector<Value> parameters;
};
// Shared by who made it and the calls that run it.
using SharedStatement = std::shared_ptr<const Statement>;

[[nodiscard]] inline SharedStatement make_statement(std::string query,
                                                    std::vector<Value> parameters = {}) {
  return std::make_shared<const Statement>(std::move(query), std::move(parameters));
}

// What went wrong. Never has values of parameters.
struct Error {
  Error(std::string of_code, std::string says)
      : code(std::move(of_code)), message(std::move(says)) {}

  std::string code;                   // the database's name for it, "SQLITE_CONSTRAINT_UNIQUE"
  std::string message;                // one sentence
  std::optional<std::size_t> offset;  // the byte of the statement it is about
  std::string query;                  // the statement, shortened

  // All of it in one line, for whoever looks for the mistake.
  [[nodiscard]] std::string trace() const;
};

template <typename T>
using Outcome = std::expected<T, Error>;

// Errors that every backend has.
[[nodiscard]] Error access_denied(std::string_view name);
[[nodiscard]] Error limit_error(std::string message);

// The statement as an error shows it: on one line, its end left out when it is long.
[[nodiscard]] std::string shortened(std::string_view query);

class Connection {
 public:
  virtual ~Connection() = default;

  // Runs a statement and gives its rows; a statement that has none gives none.
  [[nodiscard]] virtual Task<Outcome<Rows>> query(SharedStatement statement) = 0;
  // Runs a statement and gives the number of rows it inserted, changed or deleted.
  [[nodiscard]] virtual Task<Outcome<std::uint64_t>> exec(SharedStatement statement) = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // A new connection to the database of that name.
  [[nodiscard]] virtual Task<Outcome<std::shared_ptr<Connection>>> open(std::string name) = 0;

  // Whether tasks can be unfinished when they are returned.
  [[nodiscard]] virtual bool suspends() const = 0;
};

}  // namespace capstan::sql
