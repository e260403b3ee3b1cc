// What keeps the statements of guests within bounds: of time, of size, and of what they may touch.
//
// Internal to the SQLite backend. One guard belongs to one connection of SQLite and its thread.
#pragma once

#include <capstan/capability/sql/sqlite.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

struct sqlite3;

namespace capstan::sql {

class SqliteGuard {
 public:
  // `options` outlives it.
  explicit SqliteGuard(const SqliteOptions& options) : options_(options) {}
  SqliteGuard(const SqliteGuard&) = delete;
  SqliteGuard& operator=(const SqliteGuard&) = delete;

  // Sets the limits of the connection; from here on the guard watches it.
  void install(sqlite3* database);

  // A statement of a guest begins. `cancelled` may be null; it is asked now and then.
  void begin(const std::atomic<bool>* cancelled) {
    cancelled_ = cancelled;
    deadline_ = {};
    stopped_ = Stopped::no;
    denied_.clear();
    watching_ = true;
  }
  // It has ended: what follows are statements of our own, which may do everything.
  void end() { watching_ = false; }
  // Makes the statement fail at its next step.
  void stop() { stopped_ = Stopped::limit; }

  // Why a statement failed with SQLITE_INTERRUPT or SQLITE_AUTH; empty for other reasons.
  [[nodiscard]] std::optional<Error> reason() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Stopped : std::uint8_t { no, time, cancelled, limit };

  static int authorize(void* self, int action, const char* first, const char* second, const char*,
                       const char*);
  static int progress(void* self);
  static int busy(void* self, int times);
  bool may(int action, const char* first, const char* second);
  bool must_stop();

  const SqliteOptions& options_;
  const std::atomic<bool>* cancelled_ = nullptr;
  std::optional<Clock::time_point> deadline_;
  std::uint64_t waited_ms_ = 0;
  Stopped stopped_ = Stopped::no;
  bool watching_ = false;
  std::string denied_;
};

}  // namespace capstan::sql
