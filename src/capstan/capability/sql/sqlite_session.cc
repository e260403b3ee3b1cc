#include <capstan/capability/sql/sqlite_session.h>

#include <capstan/capability/sqlite_start.h>

#include <capstan/abi/text.h>
#include <capstan/capability/sql/sqlite_memory.h>
#include <capstan/capability/sql/sqlite_value.h>

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

namespace capstan::sql {
namespace {

// What a WAL file is cut back to when it has been written into the database.
constexpr std::uint64_t wal_bytes_kept = std::uint64_t{64} << 20;

constexpr int dollar_number_max = 32'766;  // as many as SQLite takes

struct CodeName {
  int code;
  std::string_view name;
};
constexpr CodeName code_names[] = {
    {SQLITE_ERROR, "SQLITE_ERROR"},
    {SQLITE_ABORT, "SQLITE_ABORT"},
    {SQLITE_BUSY, "SQLITE_BUSY"},
    {SQLITE_BUSY_SNAPSHOT, "SQLITE_BUSY_SNAPSHOT"},
    {SQLITE_LOCKED, "SQLITE_LOCKED"},
    {SQLITE_NOMEM, "SQLITE_NOMEM"},
    {SQLITE_READONLY, "SQLITE_READONLY"},
    {SQLITE_INTERRUPT, "SQLITE_INTERRUPT"},
    {SQLITE_IOERR, "SQLITE_IOERR"},
    {SQLITE_CORRUPT, "SQLITE_CORRUPT"},
    {SQLITE_FULL, "SQLITE_FULL"},
    {SQLITE_CANTOPEN, "SQLITE_CANTOPEN"},
    {SQLITE_SCHEMA, "SQLITE_SCHEMA"},
    {SQLITE_TOOBIG, "SQLITE_TOOBIG"},
    {SQLITE_CONSTRAINT, "SQLITE_CONSTRAINT"},
    {SQLITE_CONSTRAINT_CHECK, "SQLITE_CONSTRAINT_CHECK"},
    {SQLITE_CONSTRAINT_DATATYPE, "SQLITE_CONSTRAINT_DATATYPE"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, "SQLITE_CONSTRAINT_FOREIGNKEY"},
    {SQLITE_CONSTRAINT_NOTNULL, "SQLITE_CONSTRAINT_NOTNULL"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, "SQLITE_CONSTRAINT_PRIMARYKEY"},
    {SQLITE_CONSTRAINT_ROWID, "SQLITE_CONSTRAINT_ROWID"},
    {SQLITE_CONSTRAINT_TRIGGER, "SQLITE_CONSTRAINT_TRIGGER"},
    {SQLITE_CONSTRAINT_UNIQUE, "SQLITE_CONSTRAINT_UNIQUE"},
    {SQLITE_MISMATCH, "SQLITE_MISMATCH"},
    {SQLITE_AUTH, "SQLITE_AUTH"},
    {SQLITE_RANGE, "SQLITE_RANGE"},
    {SQLITE_NOTADB, "SQLITE_NOTADB"},
};

// The name of an extended code, or of the one it extends.
std::string name_of(int code) {
  for (const int wanted : {code, code & 0xff})
    if (const auto* found = std::ranges::find(code_names, wanted, &CodeName::code);
        found != std::end(code_names))
      return std::string(found->name);
  return fmt::format("SQLITE_{}", code);
}

std::string as_text(std::string_view bytes) {
  std::string text(bytes);
  if (!abi::is_utf8(text))
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return text;
}

// What follows a statement, without spaces, comments and semicolons.
std::string_view rest_of(std::string_view tail) {
  while (!tail.empty()) {
    const char c = tail.front();
    if (c == ';' || c == ' ' || (c >= '\t' && c <= '\r')) {
      tail.remove_prefix(1);
    } else if (tail.starts_with("--")) {
      tail.remove_prefix(std::min(tail.find('\n'), tail.size()));
    } else if (tail.starts_with("/*")) {
      const auto end = tail.find("*/", 2);
      tail.remove_prefix(end == std::string_view::npos ? tail.size() : end + 2);
    } else {
      break;
    }
  }
  return tail;
}

// The number in "$12"; PostgreSQL counts its parameters like that. 0 for other names.
int dollar_number(const char* name) {
  const std::string_view text = name == nullptr ? "" : name;
  if (!text.starts_with('$')) return 0;
  int number = 0;
  const auto read = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  const bool all = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return all && number > 0 && number <= dollar_number_max ? number : 0;
}

// Ends a run of a statement, however it went; it is ready for the next one.
class Run {
 public:
  explicit Run(sqlite3_stmt* statement) : statement_(statement) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    sqlite3_reset(statement_);
    // They refer to values of the call.
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* const statement_;
};

}  // namespace

SqliteSession::Prepared::~Prepared() { sqlite3_finalize(statement); }

SqliteSession::~SqliteSession() {
  by_text_.clear();
  cache_.clear();
  // An open transaction is undone.
  sqlite3_close(database_);
}

Result<std::unique_ptr<SqliteSession>> SqliteSession::open(const std::string& place,
                                                           const SqliteOptions& options) {
  std::unique_ptr<SqliteSession> session(new SqliteSession(options));
  CAPSTAN_TRY_VOID(session->connect(place));
  CAPSTAN_TRY_VOID(session->configure());
  return session;
}

Result<void> SqliteSession::connect(const std::string& place) {
  const bool in_memory = options_.file.empty();
  const int access =
      options_.readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int flags =
      access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (in_memory ? SQLITE_OPEN_URI : 0);
  capability::start_sqlite();
  const int result =
      sqlite3_open_v2(place.c_str(), &database_, flags, in_memory ? "memdb" : nullptr);
  if (result != SQLITE_OK)
    return fail(ErrorCode::io,
                fmt::format("cannot open the database '{}': {}", place, sqlite3_errmsg(database_)));
  return {};
}

// Settings of SQLite that hold for the connection's life.
Result<void> SqliteSession::configure() {
  guard_.install(database_);
  const std::string cache = fmt::format("PRAGMA cache_size = -{};",
                                        std::max<std::uint64_t>(options_.cache_bytes / 1024, 1));
  const std::uint64_t bytes = options_.database_bytes_max;
  if (options_.file.empty()) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<sqlite3_int64>::max());
    auto size = static_cast<sqlite3_int64>(bytes == 0 ? most : std::min(bytes, most));
    sqlite3_file_control(database_, "main", SQLITE_FCNTL_SIZE_LIMIT, &size);
    // It fails while another connection writes, and then the cache is a little smaller.
    (void)run(cache);
    return {};
  }
  CAPSTAN_TRY_VOID(run(cache));
  if (options_.readonly) return {};
  CAPSTAN_TRY(const std::string mode, ask_until_free("PRAGMA journal_mode = WAL"));
  if (mode != "wal")
    return fail(ErrorCode::io, fmt::format("cannot use the database '{}': its file system has no "
                                           "shared memory, which WAL mode needs",
                                           options_.file.string()));
  CAPSTAN_TRY_VOID(
      run(fmt::format("PRAGMA journal_size_limit = {}; PRAGMA synchronous = {}", wal_bytes_kept,
                      options_.durability == Durability::power_loss ? "FULL" : "NORMAL")));
  if (bytes == 0) return {};
  CAPSTAN_TRY(const std::string page_bytes, ask("PRAGMA page_size"));
  return run(fmt::format("PRAGMA max_page_count = {}",
                         std::max<std::uint64_t>(bytes / std::stoull(page_bytes), 1)));
}

// For a statement that must not fail because others do the same: where waiting could be for each
// other, SQLite says that it is busy at once, whatever its busy handler would do.
Result<std::string> SqliteSession::ask_until_free(const char* sql) {
  const auto give_up =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.busy_ms);
  for (;;) {
    auto answer = ask(sql);
    const bool busy = !answer && (sqlite3_errcode(database_) & 0xff) == SQLITE_BUSY;
    if (!busy || std::chrono::steady_clock::now() >= give_up) return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// The one value of a statement of our own.
Result<std::string> SqliteSession::ask(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr);
  std::optional<std::string> answer;
  if (sqlite3_step(statement) == SQLITE_ROW)
    answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  if (answer) return *std::move(answer);
  return unusable();
}

std::unexpected<capstan::Error> SqliteSession::unusable() {
  return fail(ErrorCode::io, fmt::format("cannot use the database '{}': {}", options_.file.string(),
                                         sqlite3_errmsg(database_)));
}
Result<void> SqliteSession::run(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return unusable();
}

bool SqliteSession::reset() {
  if (sqlite3_get_autocommit(database_) == 0 && !run("ROLLBACK")) return false;
  sqlite3_set_last_insert_rowid(database_, 0);
  // What only the connection sees: temporary tables.
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database_, "SELECT 1 FROM temp.sqlite_schema", -1, &statement, nullptr);
  const bool none = sqlite3_step(statement) == SQLITE_DONE;
  sqlite3_finalize(statement);
  return none && run("PRAGMA defer_foreign_keys = 0").has_value();
}

// ---------------------------------------------------------------------------- one statement

// The error of a call that gave `result`.
Error SqliteSession::failure(int result) {
  if (auto reason = guard_.reason()) return *std::move(reason);
  Error error(name_of(sqlite3_extended_errcode(database_)), as_text(sqlite3_errmsg(database_)));
  if ((result & 0xff) == SQLITE_BUSY)
    error.message =
        fmt::format("another connection has held the lock for more than {} ms", options_.busy_ms);
  if ((result & 0xff) == SQLITE_NOMEM)
    error =
        Error(name_of(SQLITE_NOMEM), fmt::format("the statement takes more than {} bytes of memory",
                                                 options_.statement_bytes_max));
  if ((result & 0xff) == SQLITE_FULL && options_.database_bytes_max != 0)
    error.message =
        fmt::format("the database is full: it has at most {} bytes", options_.database_bytes_max);
  const int offset = sqlite3_error_offset(database_);
  if (offset >= 0) error.offset = static_cast<std::size_t>(offset);
  return error;
}

// In memory, what a statement writes is memory too, with room to grow.
std::uint64_t SqliteSession::memory_most() const {
  return options_.file.empty() ? options_.statement_bytes_max + 2 * options_.database_bytes_max
                               : options_.statement_bytes_max;
}

template <typename T, typename Run>
Outcome<T> SqliteSession::watched(const Statement& statement, const std::atomic<bool>* cancelled,
                                  Run run) {
  const bool in_transaction = sqlite3_get_autocommit(database_) == 0;
  const StatementMemory memory(memory_most());
  guard_.begin(cancelled);
  Outcome<T> outcome = [&]() -> Outcome<T> {
    CAPSTAN_TRY(Prepared* const prepared, prepare(statement.query));
    const sql::Run ending(prepared->statement);
    CAPSTAN_TRY_VOID(bind(*prepared, statement.parameters));
    return run(*prepared);
  }();
  guard_.end();
  if (outcome) return outcome;
  outcome.error().query = shortened(statement.query);
  if (in_transaction && sqlite3_get_autocommit(database_) != 0)
    outcome.error().message += "; the transaction was rolled back";
  return outcome;
}

Outcome<Rows> SqliteSession::query(const Statement& statement, const std::atomic<bool>* cancelled) {
  return watched<Rows>(statement, cancelled,
                       [this](Prepared& prepared) { return fetch(prepared); });
}

Outcome<std::uint64_t> SqliteSession::exec(const Statement& statement,
                                           const std::atomic<bool>* cancelled) {
  return watched<std::uint64_t>(statement, cancelled,
                                [this](Prepared& prepared) -> Outcome<std::uint64_t> {
                                  const auto before = sqlite3_total_changes64(database_);
                                  int result = SQLITE_ROW;
                                  while (result == SQLITE_ROW)
                                    result = sqlite3_step(prepared.statement);
                                  if (result != SQLITE_DONE)
                                    return std::unexpected(failure(result));
                                  // Statements that change no rows leave the count of the one
                                  // before.
                                  if (sqlite3_total_changes64(database_) == before) return 0;
                                  return static_cast<std::uint64_t>(sqlite3_changes64(database_));
                                });
}

Outcome<SqliteSession::Prepared*> SqliteSession::prepare(const std::string& query) {
  if (!cache_.empty() && cache_.front()->text == query) return cache_.front().get();
  if (const auto found = by_text_.find(query); found != by_text_.end()) {
    cache_.splice(cache_.begin(), cache_, found->second);
    return cache_.front().get();
  }
  CAPSTAN_TRY(auto prepared, compile(query));
  cache_.push_front(std::move(prepared));
  by_text_.emplace(cache_.front()->text, cache_.begin());
  if (cache_.size() > options_.statements) {
    by_text_.erase(cache_.back()->text);
    cache_.pop_back();
  }
  return cache_.front().get();
}

Outcome<std::unique_ptr<SqliteSession::Prepared>> SqliteSession::compile(const std::string& query) {
  // SQLite would stop reading at it.
  if (query.contains('\0'))
    return std::unexpected(Error("SQLITE_ERROR", "the statement has a NUL"));
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const auto prepare_now = [&] {
    const int bytes = static_cast<int>(std::min<std::size_t>(query.size() + 1, 1 << 30));
    return sqlite3_prepare_v3(database_, query.data(), bytes, SQLITE_PREPARE_PERSISTENT, &statement,
                              &tail);
  };
  if (const int result = prepare_now(); result != SQLITE_OK) {
    Error error = failure(result);
    if (result != SQLITE_ERROR || !refresh_schema()) return std::unexpected(std::move(error));
    if (const int again = prepare_now(); again != SQLITE_OK) return std::unexpected(failure(again));
  }
  if (statement == nullptr) return std::unexpected(Error("SQLITE_ERROR", "the statement is empty"));
  auto prepared = std::make_unique<Prepared>(statement);
  if (const std::string_view rest = rest_of(tail); !rest.empty()) {
    Error error("SQLITE_ERROR", "this is more than one statement: run each in a call of its own");
    error.offset = query.size() - rest.size();
    return std::unexpected(std::move(error));
  }

  prepared->text = query;
  const int count = sqlite3_bind_parameter_count(statement);
  prepared->parameters = static_cast<std::size_t>(count);
  std::vector<int> positions;
  for (int i = 1; i <= count; ++i)
    positions.push_back(dollar_number(sqlite3_bind_parameter_name(statement, i)));
  // Only when all are written so: "$1" beside "?" would be guessing.
  if (!positions.empty() && std::ranges::all_of(positions, [](int n) { return n > 0; })) {
    prepared->parameters = static_cast<std::size_t>(std::ranges::max(positions));
    prepared->positions = std::move(positions);
  }
  describe(*prepared);
  return prepared;
}

// SQLite checks what it knows of the schema when a statement runs, and not always when it is
// compiled: another connection may have changed it. Says whether it was so.
bool SqliteSession::refresh_schema() {
  const auto now = ask("PRAGMA schema_version");
  if (!now || *now == schema_version_) return false;
  schema_version_ = *now;
  sqlite3_exec(database_, "SELECT 1 FROM sqlite_schema", nullptr, nullptr, nullptr);
  return true;
}

void SqliteSession::describe(Prepared& prepared) {
  sqlite3_stmt* const statement = prepared.statement;
  Rows::Names names;
  prepared.types.clear();
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    const char* name = sqlite3_column_name(statement, i);
    names.push_back(as_text(name == nullptr ? "" : name));
    const char* declaration = sqlite3_column_decltype(statement, i);
    prepared.types.push_back(declaration == nullptr ? std::nullopt : declared_type(declaration));
  }
  prepared.names = std::make_shared<const Rows::Names>(std::move(names));
  prepared.compiled = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 0);
}

Outcome<void> SqliteSession::bind(Prepared& prepared, const std::vector<Value>& parameters) {
  if (parameters.size() != prepared.parameters)
    return std::unexpected(
        Error("SQLITE_RANGE", fmt::format("the statement takes {} parameters and was given {}",
                                          prepared.parameters, parameters.size())));
  const std::size_t count =
      prepared.positions.empty() ? parameters.size() : prepared.positions.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from =
        prepared.positions.empty() ? i : static_cast<std::size_t>(prepared.positions[i]) - 1;
    const int result = bind_value(prepared.statement, static_cast<int>(i) + 1, parameters[from]);
    if (result != SQLITE_OK) return std::unexpected(failure(result));
  }
  return {};
}

Outcome<Rows> SqliteSession::fetch(Prepared& prepared) {
  sqlite3_stmt* const statement = prepared.statement;
  int result = sqlite3_step(statement);
  // SQLite compiles it again when the schema has changed, and then "*" may mean other columns.
  if (sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 0) != prepared.compiled)
    describe(prepared);
  Rows rows(prepared.names);
  rows.reserve(prepared.cells, prepared.bytes);
  const int columns = static_cast<int>(rows.columns());
  for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
    for (int i = 0; i < columns; ++i)
      if (!read_value(statement, i, prepared.types[static_cast<std::size_t>(i)], rows))
        return std::unexpected(failure(SQLITE_NOMEM));
    if (rows.size() > options_.rows_max || rows.bytes() > options_.result_bytes_max) {
      Error error = limit_error(
          rows.size() > options_.rows_max
              ? fmt::format("the result has more than {} rows", options_.rows_max)
              : fmt::format("the result has more than {} bytes", options_.result_bytes_max));
      undo(statement);
      return std::unexpected(std::move(error));
    }
  }
  if (result != SQLITE_DONE) return std::unexpected(failure(result));
  prepared.cells = rows.size() * rows.columns();
  prepared.bytes = rows.text_bytes();
  return rows;
}

// A statement that wrote has done so before its first row: it must fail to be undone.
void SqliteSession::undo(sqlite3_stmt* statement) {
  if (sqlite3_stmt_readonly(statement) != 0) return;
  guard_.stop();
  sqlite3_interrupt(database_);
  sqlite3_step(statement);
}

}  // namespace capstan::sql
