// Writers that are killed at any moment: what was answered is there, what is there is whole.
#include <capstan/base/task.h>
#include <capstan/capability/sql/conformance_testing.h>
#include <capstan/capability/sql/files_testing.h>
#include <capstan/capability/sql/sqlite.h>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <random>
#include <thread>

namespace capstan::sql {
namespace {

constexpr int rounds = 200;

Outcome<Rows> query(Connection& on, const std::string& text, std::vector<Value> parameters = {}) {
  return block_on(on.query(make_statement(text, std::move(parameters))));
}
std::int64_t number(Connection& on, const std::string& text) {
  const Value value = query(on, text).value().value(0, 0);
  return std::get<std::optional<std::int64_t>>(value).value();
}

SqliteOptions options_for(const TestFolder& folder, int round) {
  SqliteOptions options;
  options.file = folder.path() / "crash.db";
  options.durability = round % 2 == 0 ? Durability::power_loss : Durability::process_end;
  return options;
}

// Inserts pairs of rows, each in a transaction, and tells of each after it was committed.
[[noreturn]] void write_until_killed(const SqliteOptions& options, std::int64_t from, int acks) {
  const auto store = connect_with(options).value();
  const auto connection = block_on(store->open("default")).value();
  for (std::int64_t i = from;; ++i) {
    const std::vector<Value> parameters = {some(i), some(std::string(i % 5000, 'x'))};
    const bool committed = query(*connection, "BEGIN IMMEDIATE") &&
                           query(*connection, "INSERT INTO a VALUES ($1, $2)", parameters) &&
                           query(*connection, "INSERT INTO b VALUES ($1, $2)", parameters) &&
                           query(*connection, "COMMIT");
    if (!committed || write(acks, &i, sizeof i) != sizeof i) _exit(1);
  }
}

// The last number that was told.
std::int64_t last_of(int acks, std::int64_t before) {
  std::int64_t last = before;
  std::int64_t next = 0;
  while (read(acks, &next, sizeof next) == sizeof next) last = next;
  return last;
}

TEST(SqlCrash, KeepsWhatWasAnsweredThroughKillsAtAnyMoment) {
  const TestFolder folder;
  std::mt19937 random(std::random_device{}());
  std::int64_t answered = 0;
  {
    const auto store = connect_with(options_for(folder, 0)).value();
    const auto connection = block_on(store->open("default")).value();
    ASSERT_TRUE(query(*connection, "CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT)"));
    ASSERT_TRUE(query(*connection, "CREATE TABLE b (id INTEGER PRIMARY KEY, text TEXT)"));
  }

  for (int round = 0; round < rounds; ++round) {
    int acks[2];
    ASSERT_EQ(pipe(acks), 0);
    const pid_t writer = fork();
    if (writer == 0) write_until_killed(options_for(folder, round), answered + 1, acks[1]);
    close(acks[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random() % 40'000));
    ASSERT_EQ(kill(writer, SIGKILL), 0);
    int status = 0;
    waitpid(writer, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed before it was killed";
    const std::int64_t told = last_of(acks[0], answered);
    close(acks[0]);

    const auto store = connect_with(options_for(folder, round)).value();
    const auto connection = block_on(store->open("default")).value();
    const std::int64_t there = number(*connection, "SELECT coalesce(max(id), 0) FROM a");
    // One more may have been committed that nobody was told of.
    ASSERT_GE(there, told) << "round " << round;
    ASSERT_LE(there, told + 1) << "round " << round;
    ASSERT_EQ(number(*connection, "SELECT count(*) FROM a JOIN b USING (id, text)"), there);
    ASSERT_EQ(number(*connection, "SELECT count(*) FROM b"), there);
    ASSERT_EQ(query(*connection, "PRAGMA integrity_check").value().value(0, 0),
              some(std::string("ok")));
    answered = there;
  }
  EXPECT_GT(answered, rounds);
}

}  // namespace
}  // namespace capstan::sql
