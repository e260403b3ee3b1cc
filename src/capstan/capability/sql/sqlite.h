// The embedded SQL backend: SQLite, in memory or in a file.
//
// In memory, each name is a database of its own, shared by the connections of one store and gone
// with it. A file is one database, whatever name it is opened by. Files are in WAL mode: readers
// and one writer work at the same time, also from other processes; what was committed is in the
// file when the call returns.
//
// Guests are hostile: a statement has limits of time, size and depth, and reaches nothing but its
// database (no ATTACH, no VACUUM, no PRAGMA that changes how files are used).
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/sql/sql.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace capstan::sql {

// What survives a commit, in a file.
enum class Durability : std::uint8_t {
  power_loss,   // synchronous=FULL: on the disk before the call returns
  process_end,  // synchronous=NORMAL: with the kernel; a power cut may undo the last commits
};

struct SqliteOptions {
  std::filesystem::path file;  // empty: in memory
  bool readonly = false;       // the file is there and stays as it is
  Durability durability = Durability::power_loss;

  std::uint64_t busy_ms = 2000;         // how long a statement waits for another connection's lock
  std::uint64_t statement_ms = 30'000;  // how long a statement may run
  std::uint64_t rows_max = 100'000;     // of one result
  std::uint64_t result_bytes_max = std::uint64_t{64} << 20;
  std::uint64_t value_bytes_max = std::uint64_t{16} << 20;  // of a row, a text or a blob
  // What SQLite takes for one statement: for sorting, for tables in between, for compiling.
  std::uint64_t statement_bytes_max = std::uint64_t{128} << 20;
  // Of one database; 0: no limit.
  std::uint64_t database_bytes_max = std::uint64_t{256} << 20;
  std::uint64_t cache_bytes = std::uint64_t{8} << 20;  // pages kept by one connection
  std::size_t statements = 64;                         // prepared statements kept by one connection
  std::size_t connections = 64;                        // open at once
  std::size_t databases = 64;                          // names in memory
  std::size_t threads = 0;  // that statements run on; 0: the thread that calls
};

[[nodiscard]] Result<std::shared_ptr<Store>> connect_with(const SqliteOptions& options);

}  // namespace capstan::sql
