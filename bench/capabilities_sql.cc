// What SQL costs through wasi:sql: a component (components/sql) on the embedded SQLite, against the
// same statements in C++ on the same library, in memory, with the same settings.
//
//   sql-insert   a row of four columns with each exec, 1000 of them in a transaction
//   sql-select   100 rows of four columns with each query
//
// Both sides read every value that comes back: into a struct of std::string and std::vector in C++.
#include "capabilities_sql.h"

#include <capstan/capability/sql/bind.h>
#include <capstan/capability/sql/sqlite.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include "bench_sql.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace capstan::bench {
namespace {

constexpr std::uint32_t inserts = 1000;
constexpr std::uint32_t selects = 200;

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}
template <typename T>
T must(Result<T> result) {
  if (!result) stop(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class Component {
 public:
  Component() : engine_(must(Engine::create({.interruptible = false, .cache = false}))) {
    const auto component = must(engine_.load_file(SQL_COMPONENT));
    must(sql::bind(linker_, sql::shape_of(component), must(sql::connect_with({}))));
    prepared_.emplace(must(linker_.prepare(component)));
    world_.emplace(must(wit::bench::sql::BenchSql::instantiate(store_, *prepared_)));
    must(world_->setup());
  }
  void insert() { must(world_->insert(inserts)); }
  std::uint64_t select() { return must(world_->select(selects)); }

 private:
  Engine engine_;
  Linker<> linker_{engine_};
  std::optional<PreparedComponent<>> prepared_;
  Store<> store_;
  std::optional<wit::bench::sql::BenchSql> world_;
};

class Native {
 public:
  Native() {
    sqlite3_open(":memory:", &database_);
    run("PRAGMA cache_size = -8192");
    run("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, score REAL, data BLOB)");
    insert_ = prepare("INSERT INTO items (id, name, score, data) VALUES (?, ?, ?, ?)");
    select_ =
        prepare("SELECT id, name, score, data FROM items WHERE id >= ? ORDER BY id LIMIT 100");
  }
  Native(const Native&) = delete;
  Native& operator=(const Native&) = delete;
  ~Native() {
    sqlite3_finalize(insert_);
    sqlite3_finalize(select_);
    sqlite3_close(database_);
  }

  void insert() {
    std::uint8_t data[32] = {};
    run("DELETE FROM items");
    run("BEGIN");
    for (std::uint32_t i = 0; i < inserts; ++i) {
      char name[] = "item 00000000";
      for (std::uint32_t digit = 0, rest = i; digit < 8; ++digit, rest /= 10)
        name[12 - digit] = static_cast<char>('0' + rest % 10);
      data[0] = static_cast<std::uint8_t>(i);
      sqlite3_bind_int64(insert_, 1, i);
      sqlite3_bind_text(insert_, 2, name, 13, SQLITE_STATIC);
      sqlite3_bind_double(insert_, 3, i * 0.5);
      sqlite3_bind_blob(insert_, 4, data, sizeof data, SQLITE_STATIC);
      if (sqlite3_step(insert_) != SQLITE_DONE) stop(sqlite3_errmsg(database_));
      sqlite3_reset(insert_);
    }
    run("COMMIT");
  }

  std::uint64_t select() {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < selects; ++i) {
      for (const Item& item : items_from((i * 37) % 900))
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

  std::vector<Item> items_from(std::int64_t id) {
    std::vector<Item> items;
    sqlite3_bind_int64(select_, 1, id);
    while (sqlite3_step(select_) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(select_, 1));
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(select_, 3));
      items.push_back(
          {sqlite3_column_int64(select_, 0),
           std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(select_, 1))),
           sqlite3_column_double(select_, 2),
           std::vector<std::uint8_t>(bytes, bytes + sqlite3_column_bytes(select_, 3))});
    }
    sqlite3_reset(select_);
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
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
};

template <typename F>
double microseconds(F f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
      .count();
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
  rows.push_back(compare("sql-insert", inserts, rounds, ours, peer, [](auto& on) { on.insert(); }));
  if (ours.select() != peer.select()) stop("the component and C++ read different rows");
  rows.push_back(
      compare("sql-select", selects, rounds, ours, peer, [](auto& on) { (void)on.select(); }));
  return rows;
}

}  // namespace capstan::bench
