// What SQL costs through wasi:sql: a component (components/sql) on the embedded SQLite, against the
// same statements in C++ on the same library, in memory, with the same settings.
//
//   sql-insert           a row of four columns with each exec, 1000 of them in a transaction
//   sql-select           100 rows of four columns with each query, by the primary key
//   sql-insert-indexed   the same insert into a table with two indexes
//   sql-select-sorted    100 rows out of 1000, by a column without an index
//
// The first two are the cheapest statements SQLite has: what they show is the way there and back.
// Both sides read every value that comes back: into a struct of std::string and std::vector in C++.
#include "capabilities.h"

#include <capstan/capability/sql/bind.h>
#include <capstan/capability/sql/sqlite.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include "bench_sql.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <time.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace capstan::bench {
namespace {

constexpr std::uint32_t inserts = 1000;
constexpr std::uint32_t selects = 200;

template <typename T>
T must(Result<T> result) {
  if (!result) stop(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

enum class Table { bare, indexed };
enum class Order { by_key, sorted };

// In bench/components/sql/sql.c, too.
constexpr const char* insert_texts[] = {
    "INSERT INTO items (id, name, score, data) VALUES (?, ?, ?, ?)",
    "INSERT INTO indexed (id, name, score, data) VALUES (?, ?, ?, ?)"};
constexpr const char* select_texts[] = {
    "SELECT id, name, score, data FROM items WHERE id >= ? ORDER BY id LIMIT 100",
    "SELECT id, name, score, data FROM items WHERE id >= ? ORDER BY name DESC LIMIT 100"};

class Component {
 public:
  Component() : engine_(must(Engine::create({.interruptible = false, .cache = false}))) {
    const auto component = must(engine_.load_file(SQL_COMPONENT));
    must(sql::bind(linker_, sql::shape_of(component), must(sql::connect_with({}))));
    prepared_.emplace(must(linker_.prepare(component)));
    world_.emplace(must(bench_guest::bench::sql::BenchSql::instantiate(store_, *prepared_)));
    must(world_->setup());
  }
  void insert(Table table) { must(world_->insert(inserts, table == Table::indexed)); }
  std::uint64_t select(Order order) {
    return must(world_->select(selects, order == Order::sorted));
  }

 private:
  Engine engine_;
  Linker<> linker_{engine_};
  std::optional<PreparedComponent<>> prepared_;
  Store<> store_;
  std::optional<bench_guest::bench::sql::BenchSql> world_;
};

class Native {
 public:
  Native() {
    sqlite3_open(":memory:", &database_);
    run("PRAGMA cache_size = -8192");
    run("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, score REAL, data BLOB)");
    run("CREATE TABLE indexed (id INTEGER PRIMARY KEY, name TEXT UNIQUE, score REAL, data BLOB)");
    run("CREATE INDEX indexed_score ON indexed (score)");
    for (std::size_t i = 0; i < 2; ++i) {
      insert_[i] = prepare(insert_texts[i]);
      select_[i] = prepare(select_texts[i]);
    }
  }
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;
  ~Native() {
    for (sqlite3_stmt* statement : {insert_[0], insert_[1], select_[0], select_[1]})
      sqlite3_finalize(statement);
    sqlite3_close(database_);
  }

  void insert(Table table) {
    sqlite3_stmt* const insert = insert_[static_cast<std::size_t>(table)];
    std::uint8_t data[32] = {};
    run(table == Table::indexed ? "DELETE FROM indexed" : "DELETE FROM items");
    run("BEGIN");
    for (std::uint32_t i = 0; i < inserts; ++i) {
      char name[] = "item 00000000";
      for (std::uint32_t digit = 0, rest = i; digit < 8; ++digit, rest /= 10)
        name[12 - digit] = static_cast<char>('0' + rest % 10);
      data[0] = static_cast<std::uint8_t>(i);
      sqlite3_bind_int64(insert, 1, i);
      sqlite3_bind_text(insert, 2, name, 13, SQLITE_STATIC);
      sqlite3_bind_double(insert, 3, i * 0.5);
      sqlite3_bind_blob(insert, 4, data, sizeof data, SQLITE_STATIC);
      if (sqlite3_step(insert) != SQLITE_DONE) stop(sqlite3_errmsg(database_));
      sqlite3_reset(insert);
    }
    run("COMMIT");
  }

  std::uint64_t select(Order order) {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < selects; ++i) {
      for (const Item& item : items_from(order, (i * 37) % 900))
        sum += static_cast<std::uint64_t>(item.id) + item.name.size() +
               static_cast<std::uint64_t>(item.score) + item.data[0];
    }
    return sum;
  }

 private:
  struct Item {
    std::int64_t id;
    std::string name;
    double score;
    std::vector<std::uint8_t> data;
  };

  std::vector<Item> items_from(Order order, std::int64_t id) {
    sqlite3_stmt* const select = select_[static_cast<std::size_t>(order)];
    std::vector<Item> items;
    sqlite3_bind_int64(select, 1, id);
    while (sqlite3_step(select) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(select, 1));
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(select, 3));
      items.push_back({sqlite3_column_int64(select, 0),
                       std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(select, 1))),
                       sqlite3_column_double(select, 2),
                       std::vector<std::uint8_t>(bytes, bytes + sqlite3_column_bytes(select, 3))});
    }
    sqlite3_reset(select);
    return items;
  }

  void run(const char* statement) {
    if (sqlite3_exec(database_, statement, nullptr, nullptr, nullptr) != SQLITE_OK)
      stop(sqlite3_errmsg(database_));
  }
  sqlite3_stmt* prepare(const char* text) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, text, -1, &statement, nullptr) != SQLITE_OK)
      stop(sqlite3_errmsg(database_));
    return statement;
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_[2] = {};  // by Table
  sqlite3_stmt* select_[2] = {};  // by Order
};

// Of this thread, which does all the work: what else the machine does is not counted.
double thread_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}
template <typename F>
double microseconds(F f) {
  const double begin = thread_microseconds();
  f();
  return thread_microseconds() - begin;
}

// In turn, round by round; the first round fills caches and is not counted.
template <typename F>
Row compare(std::string name, double each, int rounds, Component& ours, Native& peer, F work) {
  std::vector<double> our_times, peer_times, ratios;
  for (int round = -1; round < rounds; ++round) {
    const double a = microseconds([&] { work(ours); }) / each;
    const double b = microseconds([&] { work(peer); }) / each;
    if (round < 0) continue;
    our_times.push_back(a);
    peer_times.push_back(b);
    ratios.push_back(a / b);
  }
  return {std::move(name),    median(our_times), "us", "sqlite3-in-c++",
          median(peer_times), median(ratios),    1.5,  0};
}

}  // namespace

std::vector<Row> measure_sql(int rounds) {
  Component ours;
  Native peer;
  std::vector<Row> rows;
  const auto measure = [&](std::string name, double each, auto work) {
    rows.push_back(compare(std::move(name), each, rounds, ours, peer, work));
  };
  measure("sql-insert", inserts, [](auto& on) { on.insert(Table::bare); });
  for (const Order order : {Order::by_key, Order::sorted})
    if (ours.select(order) != peer.select(order)) stop("the two sides read different rows");
  measure("sql-select", selects, [](auto& on) { (void)on.select(Order::by_key); });
  measure("sql-insert-indexed", inserts, [](auto& on) { on.insert(Table::indexed); });
  measure("sql-select-sorted", selects, [](auto& on) { (void)on.select(Order::sorted); });
  return rows;
}

}  // namespace capstan::bench
