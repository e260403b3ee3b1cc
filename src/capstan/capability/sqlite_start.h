// Starting SQLite: once for the process, by whoever opens the first database.
#pragma once

namespace capstan::capability {

// SQLite looks at its own start without a lock, so that two threads that open their first databases
// at once would race. Call it before each sqlite3_open; all but the first call cost nothing.
void start_sqlite();

}  // namespace capstan::capability
