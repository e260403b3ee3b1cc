// One connection of SQLite, with the statements it keeps prepared.
//
// Internal to the SQLite backend. Used by one thread at a time.
#pragma once

#include <capstan/capability/sql/sql.h>
#include <capstan/capability/sql/sqlite.h>
#include <capstan/capability/sql/sqlite_guard.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace capstan::sql {

class SqliteSession {
 public:
  // `place` is a file, or the URI of a database in memory. `options` outlives the session.
  [[nodiscard]] static Result<std::unique_ptr<SqliteSession>> open(const std::string& place,
                                                                   const SqliteOptions& options);
  SqliteSession(const SqliteSession&) = delete;
  SqliteSession& operator=(const SqliteSession&) = delete;
  ~SqliteSession();

  [[nodiscard]] Outcome<Rows> query(const Statement& statement, const std::atomic<bool>* cancelled);
  [[nodiscard]] Outcome<std::uint64_t> exec(const Statement& statement,
                                            const std::atomic<bool>* cancelled);

  // Undoes a transaction that is open, and says whether the session is like a new one.
  [[nodiscard]] bool reset();

 private:
  // A statement SQLite has compiled, and what its results look like.
  struct Prepared {
    explicit Prepared(sqlite3_stmt* made) : statement(made) {}
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared();

    sqlite3_stmt* const statement;
    std::string text;
    std::vector<int> positions;  // of each parameter in the list, for "$2"; empty: as they come
    std::size_t parameters = 0;  // how many it takes
    std::shared_ptr<const Rows::Names> names;
    std::vector<std::optional<Type>> types;
    int compiled = 0;       // how often SQLite had compiled it again when `names` was made
    std::size_t cells = 0;  // of the last result, for the room of the next
    std::size_t bytes = 0;
  };
  using Cached = std::list<std::unique_ptr<Prepared>>;

  explicit SqliteSession(const SqliteOptions& options) : options_(options), guard_(options) {}
  Result<void> connect(const std::string& place);
  Result<void> configure();
  Result<void> run(const std::string& sql);
  Result<std::string> ask(const char* sql);
  Result<std::string> ask_until_free(const char* sql);
  std::unexpected<capstan::Error> unusable();
  bool refresh_schema();

  template <typename T, typename Run>
  Outcome<T> watched(const Statement& statement, const std::atomic<bool>* cancelled, Run run);
  Outcome<Prepared*> prepare(const std::string& query);
  Outcome<std::unique_ptr<Prepared>> compile(const std::string& query);
  Outcome<void> bind(Prepared& prepared, const std::vector<Value>& parameters);
  Outcome<Rows> fetch(Prepared& prepared);
  void undo(sqlite3_stmt* statement);
  void describe(Prepared& prepared);
  [[nodiscard]] std::uint64_t memory_most() const;
  Error failure(int result);

  const SqliteOptions& options_;
  sqlite3* database_ = nullptr;
  SqliteGuard guard_;
  std::string schema_version_;  // when a statement failed last
  Cached cache_;                // the one that was used last comes first
  std::unordered_map<std::string_view, Cached::iterator> by_text_;
};

}  // namespace capstan::sql
