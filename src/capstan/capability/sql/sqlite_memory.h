// What a statement of SQLite may take of the host's memory.
//
// SQLite's own limit is for the whole process. Here its allocator counts for the thread that runs a
// statement: one that wants more fails with SQLITE_NOMEM, which SQLite takes in its stride.
// Internal to the SQLite backend.
#pragma once

#include <cstdint>

namespace capstan::sql {

// Counts what SQLite takes on this thread while it lives, and refuses more than `bytes_most`.
class StatementMemory {
 public:
  explicit StatementMemory(std::uint64_t bytes_most);
  StatementMemory(const StatementMemory&) = delete;
  StatementMemory& operator=(const StatementMemory&) = delete;
  ~StatementMemory();
};

}  // namespace capstan::sql
