#include <capstan/capability/sql/sqlite_guard.h>

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>
#include <thread>

namespace capstan::sql {
namespace {

// How many steps of SQLite's machine, some ten microseconds, pass between two looks at the clock.
constexpr int steps_between_looks = 1000;

// Limits of what a statement can be; what has no line here is as in SQLite itself.
struct Limit {
  int id;
  int most;
};
constexpr Limit limits[] = {
    {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},       {SQLITE_LIMIT_COLUMN, 1000},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},           {SQLITE_LIMIT_COMPOUND_SELECT, 200},
    {SQLITE_LIMIT_VDBE_OP, 1'000'000},        {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000}, {SQLITE_LIMIT_TRIGGER_DEPTH, 100},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

// PRAGMAs that only tell something.
constexpr std::string_view telling[] = {
    "application_id",    "collation_list",   "data_version", "defer_foreign_keys", "encoding",
    "foreign_key_check", "foreign_key_list", "foreign_keys", "freelist_count",     "function_list",
    "index_info",        "index_list",       "index_xinfo",  "integrity_check",    "journal_mode",
    "max_page_count",    "page_count",       "page_size",    "quick_check",        "schema_version",
    "synchronous",       "table_info",       "table_list",   "table_xinfo",        "user_version",
};
// Those whose argument says what to tell of, or is kept in the database and means nothing to us.
constexpr std::string_view with_argument[] = {
    "application_id", "defer_foreign_keys", "foreign_key_check", "foreign_key_list", "index_info",
    "index_list",     "index_xinfo",        "integrity_check",   "quick_check",      "table_info",
    "table_list",     "table_xinfo",        "user_version",
};

bool listed(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string lower(std::string_view text) {
  std::string all(text);
  std::ranges::transform(all, all.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return all;
}

}  // namespace

void SqliteGuard::install(sqlite3* database) {
  for (const Limit& limit : limits) sqlite3_limit(database, limit.id, limit.most);
  const auto value_bytes =
      std::min<std::uint64_t>(options_.value_bytes_max, std::numeric_limits<int>::max());
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, static_cast<int>(value_bytes));
  // The schema may come from a hostile file, and shadow tables are not for writing.
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  sqlite3_busy_handler(database, &busy, this);
  sqlite3_progress_handler(database, steps_between_looks, &progress, this);
  sqlite3_set_authorizer(database, &authorize, this);
}

std::optional<Error> SqliteGuard::reason() const {
  if (!denied_.empty())
    return Error("SQLITE_AUTH", fmt::format("{} is not for components", denied_));
  switch (stopped_) {
    case Stopped::no:
    case Stopped::limit:
      return std::nullopt;
    case Stopped::cancelled:
      return Error("CANCELLED", "the statement was cancelled");
    case Stopped::time:
      break;
  }
  return Error("TIMEOUT", fmt::format("the statement ran for more than {} ms and was stopped",
                                      options_.statement_ms));
}

int SqliteGuard::authorize(void* self, int action, const char* first, const char* second,
                           const char*, const char*) {
  auto* guard = static_cast<SqliteGuard*>(self);
  return !guard->watching_ || guard->may(action, first, second) ? SQLITE_OK : SQLITE_DENY;
}

bool SqliteGuard::may(int action, const char* first, const char* second) {
  switch (action) {
    case SQLITE_ATTACH:
      denied_ = "ATTACH, which VACUUM uses too,";
      return false;
    case SQLITE_DETACH:
      denied_ = "DETACH";
      return false;
    case SQLITE_FUNCTION:
      if (second == nullptr || lower(second) != "load_extension") return true;
      denied_ = "load_extension()";
      return false;
    case SQLITE_PRAGMA: {
      const std::string name = lower(first == nullptr ? "" : first);
      const bool known = second == nullptr ? listed(telling, name) : listed(with_argument, name);
      if (!known) denied_ = fmt::format("PRAGMA {}{}", name, second == nullptr ? "" : " = ...");
      return known;
    }
    default:
      return true;
  }
}

bool SqliteGuard::must_stop() {
  if (stopped_ != Stopped::no) return true;
  if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) {
    stopped_ = Stopped::cancelled;
    return true;
  }
  const Clock::time_point now = Clock::now();
  // Most statements are over before this is asked, and need no clock.
  if (!deadline_) deadline_ = now + std::chrono::milliseconds(options_.statement_ms);
  if (now < *deadline_) return false;
  stopped_ = Stopped::time;
  return true;
}

int SqliteGuard::progress(void* self) {
  auto* guard = static_cast<SqliteGuard*>(self);
  return guard->watching_ && guard->must_stop() ? 1 : 0;
}

// Another connection has the lock: asks again after a while that grows.
int SqliteGuard::busy(void* self, int times) {
  auto* guard = static_cast<SqliteGuard*>(self);
  // To open a database in memory needs no lock; what would wait is not needed.
  if (!guard->watching_ && guard->options_.file.empty()) return 0;
  if (times == 0) guard->waited_ms_ = 0;
  if (guard->waited_ms_ >= guard->options_.busy_ms) return 0;
  if (guard->watching_ && guard->must_stop()) return 0;
  const std::uint64_t pause_ms =
      std::min<std::uint64_t>({static_cast<std::uint64_t>(times) / 2 + 1, std::uint64_t{25},
                               guard->options_.busy_ms - guard->waited_ms_});
  std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
  guard->waited_ms_ += pause_ms;
  return 1;
}

}  // namespace capstan::sql
