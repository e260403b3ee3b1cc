#include <capstan/capability/keyvalue/sqlite_database.h>

#include <capstan/capability/sqlite_start.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

namespace capstan::keyvalue {
namespace {

constexpr std::int64_t schema_version = 1;
constexpr std::uint64_t page_bytes = 4096;
// Less than this left on a device, and it is the device that is full.
constexpr std::uintmax_t device_bytes_min = std::uintmax_t{1} << 20;

// In the order of Sql. A revision is a number nobody has seen before: the next value of a key is
// another one also if the key was removed between.
constexpr const char* statements[sql_count] = {
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "SELECT value FROM capstan_keyvalue WHERE bucket = ?1 AND key = ?2",
    "SELECT value, revision FROM capstan_keyvalue WHERE bucket = ?1 AND key = ?2",
    "INSERT INTO capstan_keyvalue (bucket, key, value, revision) VALUES (?1, ?2, ?3, random()) "
    "ON CONFLICT DO UPDATE SET value = excluded.value, revision = excluded.revision",
    "INSERT INTO capstan_keyvalue (bucket, key, value, revision) VALUES (?1, ?2, ?3, random()) "
    "ON CONFLICT DO NOTHING",
    "UPDATE capstan_keyvalue SET value = ?3, revision = random() "
    "WHERE bucket = ?1 AND key = ?2 AND revision = ?4",
    "DELETE FROM capstan_keyvalue WHERE bucket = ?1 AND key = ?2",
    "SELECT 1 FROM capstan_keyvalue WHERE bucket = ?1 AND key = ?2",
    "SELECT key FROM capstan_keyvalue WHERE bucket = ?1 ORDER BY key LIMIT ?2",
    "SELECT key FROM capstan_keyvalue WHERE bucket = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
    "DELETE FROM capstan_keyvalue WHERE bucket = ?1",
};

std::string last_words(sqlite3* database, int code) {
  const char* words = database == nullptr ? nullptr : sqlite3_errmsg(database);
  return words == nullptr ? sqlite3_errstr(code) : words;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const SqliteOptions& options) {
  std::unique_ptr<Connection> connection(new Connection(options));
  capability::start_sqlite();
  const int code = sqlite3_open_v2(
      options.file.c_str(), &connection->database_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  if (code != SQLITE_OK) return fail(ErrorCode::io, connection->failure(code).message);
  sqlite3_busy_timeout(connection->database_, static_cast<int>(options.busy_timeout_ms));
  CAPSTAN_TRY_VOID(connection->set_up());
  CAPSTAN_TRY_VOID(connection->make_tables());
  for (std::size_t i = 0; i < sql_count; ++i) {
    const int prepared =
        sqlite3_prepare_v3(connection->database_, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                           &connection->statements_[i], nullptr);
    if (prepared != SQLITE_OK) return fail(ErrorCode::io, connection->failure(prepared).message);
  }
  return connection;
}

Connection::~Connection() {
  for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

Result<void> Connection::set_up() {
  CAPSTAN_TRY(const std::string mode, write_ahead());
  if (mode != "wal")
    return fail(ErrorCode::io,
                fmt::format("'{}' cannot have a write-ahead log here (its journal is '{}'): use a "
                            "file on a local disk",
                            options_.file, mode));
  CAPSTAN_TRY_VOID(execute(options_.sync == SqliteOptions::Sync::full
                               ? "PRAGMA synchronous = FULL"
                               : "PRAGMA synchronous = NORMAL"));
  CAPSTAN_TRY(const std::string page, ask("PRAGMA page_size"));
  const std::uint64_t size = page.empty() ? page_bytes : std::stoull(page);
  const std::uint64_t pages = std::max<std::uint64_t>(options_.bytes_max / size, 1);
  return execute(fmt::format("PRAGMA max_page_count = {}", pages).c_str());
}

// SQLite does not wait itself where two connections turn a new file to its log at once.
Result<std::string> Connection::write_ahead() {
  constexpr auto pause = std::chrono::milliseconds(5);
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.busy_timeout_ms);
  for (;;) {
    auto mode = ask("PRAGMA journal_mode = WAL");
    const bool busy = !mode && (sqlite3_errcode(database_) & 0xff) == SQLITE_BUSY;
    if (!busy || std::chrono::steady_clock::now() > deadline) return mode;
    std::this_thread::sleep_for(pause);
  }
}

Result<void> Connection::make_tables() {
  // Most connections find everything in place, and need not wait for a turn to write.
  constexpr auto ask_version = "SELECT version FROM capstan_keyvalue_schema";
  CAPSTAN_TRY(const std::string there,
              ask("SELECT 1 FROM sqlite_schema WHERE name = 'capstan_keyvalue_schema'"));
  if (there.empty()) {
    CAPSTAN_TRY_VOID(execute("BEGIN IMMEDIATE"));
    // The tables can have come into being before it was this one's turn.
    CAPSTAN_TRY_VOID(
        execute("CREATE TABLE IF NOT EXISTS capstan_keyvalue_schema (version INTEGER NOT NULL);"
                "INSERT INTO capstan_keyvalue_schema SELECT 1 "
                "WHERE NOT EXISTS (SELECT 1 FROM capstan_keyvalue_schema);"
                "CREATE TABLE IF NOT EXISTS capstan_keyvalue (bucket BLOB NOT NULL, key BLOB NOT "
                "NULL, value BLOB NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (bucket, key)) "
                "WITHOUT ROWID;"
                "COMMIT"));
  }
  CAPSTAN_TRY(const std::string version, ask(ask_version));
  if (version == std::to_string(schema_version)) return {};
  return fail(ErrorCode::unsupported,
              fmt::format("'{}' was written by another version of Capstan: its key-value tables "
                          "have version '{}', this one knows {}",
                          options_.file, version, schema_version));
}

Result<void> Connection::execute(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(ErrorCode::io, failure(code).message);
  return {};
}

Result<std::string> Connection::ask(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) return fail(ErrorCode::io, failure(code).message);
  code = sqlite3_step(statement);
  std::string answer;
  if (code == SQLITE_ROW) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    if (text != nullptr) answer = text;
  }
  sqlite3_finalize(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return fail(ErrorCode::io, failure(code).message);
  return answer;
}

Error Connection::failure(int code) const {
  const std::string& file = options_.file;
  const auto other = [](std::string message) {
    return Error{ErrorKind::other, std::move(message)};
  };
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return other(fmt::format("'{}' is locked by another process for longer than {} ms: try again",
                               file, options_.busy_timeout_ms));
    case SQLITE_FULL: {
      std::error_code unknown;
      const auto space = std::filesystem::space(file, unknown);
      if (!unknown && space.available < device_bytes_min)
        return other(fmt::format("no space is left on the device of '{}'", file));
      return other(fmt::format("the store is full: '{}' may have at most {} bytes", file,
                               options_.bytes_max));
    }
    case SQLITE_TOOBIG:
      return other(fmt::format("the value is too long for '{}': SQLite stores at most {} bytes",
                               file, sqlite3_limit(database_, SQLITE_LIMIT_LENGTH, -1)));
    case SQLITE_NOTADB:
      return other(fmt::format("'{}' is no SQLite database", file));
    case SQLITE_CORRUPT:
      return other(fmt::format("'{}' is damaged: {}", file, last_words(database_, code)));
    case SQLITE_CANTOPEN: {
      const int number = database_ == nullptr ? 0 : sqlite3_system_errno(database_);
      return other(fmt::format(
          "'{}' cannot be opened: {}", file,
          number == 0 ? last_words(database_, code) : std::generic_category().message(number)));
    }
    default:
      return other(fmt::format("'{}' cannot be used: {}", file, last_words(database_, code)));
  }
}

Result<std::shared_ptr<Database>> Database::open(const SqliteOptions& options) {
  std::shared_ptr<Database> database(new Database(options));
  CAPSTAN_TRY(auto first, Connection::open(database->options_));
  database->open_ = 1;
  database->idle_.push_back(std::move(first));
  return database;
}

Outcome<std::unique_ptr<Connection>> Database::borrow() {
  {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !idle_.empty() || open_ < options_.connections; });
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++open_;
  }
  auto opened = Connection::open(options_);
  if (opened) return *std::move(opened);
  {
    const std::lock_guard lock(mutex_);
    --open_;
  }
  returned_.notify_one();
  return std::unexpected(keyvalue::Error{ErrorKind::other, opened.error().message()});
}

void Database::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

}  // namespace capstan::keyvalue
