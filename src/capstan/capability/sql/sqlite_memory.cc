#include <capstan/capability/sql/sqlite_memory.h>

#include <capstan/base/check.h>

#include <malloc.h>
#include <sqlite3.h>
#include <algorithm>
#include <cstdlib>
#include <limits>

namespace capstan::sql {
namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

thread_local std::int64_t left = no_limit;  // no_limit: nobody counts

// Whether there is room for so many bytes more.
bool has_room(std::int64_t bytes) { return bytes <= left; }
void count(std::int64_t bytes) {
  if (left != no_limit) left -= bytes;
}
std::int64_t size_of(void* block) { return static_cast<std::int64_t>(malloc_usable_size(block)); }

void* take(int bytes) {
  if (!has_room(bytes)) return nullptr;
  void* const block = std::malloc(static_cast<std::size_t>(bytes));
  if (block != nullptr) count(size_of(block));
  return block;
}
void give_back(void* block) {
  count(-size_of(block));
  std::free(block);
}
void* change(void* block, int bytes) {
  const std::int64_t before = size_of(block);
  if (!has_room(bytes - before)) return nullptr;
  void* const changed = std::realloc(block, static_cast<std::size_t>(bytes));
  if (changed != nullptr) count(size_of(changed) - before);
  return changed;
}
int size(void* block) { return static_cast<int>(size_of(block)); }
int round_up(int bytes) { return (bytes + 7) & ~7; }
int initialise(void*) { return SQLITE_OK; }
void shut_down(void*) {}

// Before anything in the program uses SQLite, which takes no allocator later on.
[[maybe_unused]] const bool installed = [] {
  static constexpr sqlite3_mem_methods methods = {&take,     &give_back,  &change,    &size,
                                                  &round_up, &initialise, &shut_down, nullptr};
  const int result = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
  CAPSTAN_CHECK(result == SQLITE_OK, "SQLite is in use before the program has begun");
  return true;
}();

}  // namespace

StatementMemory::StatementMemory(std::uint64_t bytes_most) {
  left = static_cast<std::int64_t>(std::min<std::uint64_t>(bytes_most, no_limit - 1));
}
StatementMemory::~StatementMemory() { left = no_limit; }

}  // namespace capstan::sql
