#include <capstan/capability/sqlite_start.h>

#include <sqlite3.h>

namespace capstan::capability {

namespace {

int start() {
  const int result = sqlite3_initialize();
  // What SQLite draws its random numbers from begins with the first one, again without a lock.
  unsigned char first = 0;
  if (result == SQLITE_OK) sqlite3_randomness(sizeof first, &first);
  return result;
}

}  // namespace

void start_sqlite() {
  // If it fails, opening fails and says why.
  [[maybe_unused]] static const int started = start();
}

}  // namespace capstan::capability
