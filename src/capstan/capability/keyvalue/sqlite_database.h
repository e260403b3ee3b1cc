// The SQLite file behind sqlite.h: connections, statements and errors. Its functions block.
#pragma once

#include <capstan/capability/keyvalue/sqlite.h>

#include <sqlite3.h>

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::keyvalue {

// Every statement of a connection.
enum class Sql : std::uint8_t {
  begin_read,
  begin_write,
  commit,
  rollback,
  get,
  observe,
  upsert,
  insert,
  replace_if,
  remove,
  exists,
  list,
  list_after,
  clear,
};
inline constexpr std::size_t sql_count = 14;

// One connection, with its statements prepared. Threads: one at a time.
class Connection {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const SqliteOptions& options);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // What went wrong last, with the file's name.
  [[nodiscard]] Error failure(int code) const;
  [[nodiscard]] sqlite3* handle() const { return database_; }
  [[nodiscard]] sqlite3_stmt* statement(Sql sql) const {
    return statements_[static_cast<std::size_t>(sql)];
  }

 private:
  explicit Connection(const SqliteOptions& options) : options_(options) {}
  Result<void> set_up();
  Result<std::string> write_ahead();
  Result<void> make_tables();
  Result<void> execute(const char* sql);
  Result<std::string> ask(const char* sql);

  const SqliteOptions& options_;
  sqlite3* database_ = nullptr;
  std::array<sqlite3_stmt*, sql_count> statements_{};
};

// One use of a statement. What is bound must live as long.
class Query {
 public:
  Query(Connection& connection, Sql sql)
      : connection_(connection), statement_(connection.statement(sql)) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

  // Each binds the next parameter.
  Query& text(std::string_view value) {
    // An empty view may have no address, which would be NULL.
    const char* at = value.empty() ? "" : value.data();
    return blob({reinterpret_cast<const std::uint8_t*>(at), value.size()});
  }
  Query& bytes(const Bytes& value) { return value.empty() ? text("") : blob(value.view()); }
  Query& number(std::int64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }

  // Whether there is a row, or another one.
  [[nodiscard]] Outcome<bool> step() {
    const int code = refused_ == SQLITE_OK ? sqlite3_step(statement_) : refused_;
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return std::unexpected(connection_.failure(code));
  }
  // For statements that give no rows: how many they changed.
  [[nodiscard]] Outcome<int> run() {
    if (auto done = step(); !done) return std::unexpected(std::move(done).error());
    return sqlite3_changes(connection_.handle());
  }

  // Columns of the row, until the next step.
  [[nodiscard]] std::span<const std::uint8_t> blob_at(int column) const {
    const auto* at = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    return {at, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  [[nodiscard]] std::int64_t number_at(int column) const {
    return sqlite3_column_int64(statement_, column);
  }

 private:
  Query& blob(std::span<const std::uint8_t> value) {
    const int code =
        sqlite3_bind_blob64(statement_, ++bound_, value.data(), value.size(), SQLITE_STATIC);
    if (code != SQLITE_OK) refused_ = code;
    return *this;
  }

  Connection& connection_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
  int refused_ = SQLITE_OK;  // why a value could not be bound
};

// The file, and a pool of connections to it. Threads: any.
class Database {
 public:
  [[nodiscard]] static Result<std::shared_ptr<Database>> open(const SqliteOptions& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() = default;

  // Calls `work` with a connection of its own.
  template <typename Work>
  auto reading(Work work) -> std::invoke_result_t<Work, Connection&> {
    Lease lease{*this, nullptr};
    auto borrowed = borrow();
    if (!borrowed) return std::unexpected(std::move(borrowed).error());
    lease.connection = *std::move(borrowed);
    return work(*lease.connection);
  }
  // The same for changes, which take turns: waiting for one another here is shorter and fairer than
  // SQLite's own way, which is left for other processes.
  template <typename Work>
  auto writing(Work work) -> std::invoke_result_t<Work, Connection&> {
    const std::lock_guard turn(writers_);
    return reading(std::move(work));
  }
  // All that `work` does, or nothing of it if it gives an error. `begin` is one of Sql::begin_*.
  template <typename Work>
  static auto transaction(Connection& connection, Sql begin, Work work)
      -> std::invoke_result_t<Work, Connection&> {
    if (auto begun = Query(connection, begin).run(); !begun)
      return std::unexpected(std::move(begun).error());
    auto outcome = work(connection);
    if (outcome) {
      auto committed = Query(connection, Sql::commit).run();
      if (committed) return outcome;
      outcome = std::unexpected(std::move(committed).error());
    }
    // Some errors have ended the transaction already.
    if (sqlite3_get_autocommit(connection.handle()) == 0)
      (void)Query(connection, Sql::rollback).run();
    return outcome;
  }

 private:
  // A borrowed connection goes back however its use ends.
  struct Lease {
    Database& database;
    std::unique_ptr<Connection> connection;
    ~Lease() {
      if (connection != nullptr) database.give_back(std::move(connection));
    }
  };

  explicit Database(const SqliteOptions& options) : options_(options) { options_.pool.reset(); }
  Outcome<std::unique_ptr<Connection>> borrow();
  void give_back(std::unique_ptr<Connection> connection);

  SqliteOptions options_;
  std::mutex writers_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::size_t open_ = 0;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace capstan::keyvalue
