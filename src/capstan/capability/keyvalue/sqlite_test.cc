// What conformance does not say: files, processes, limits and errors.
#include <capstan/capability/keyvalue/connect.h>
#include <capstan/capability/keyvalue/sqlite_testing.h>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

namespace capstan::keyvalue {
namespace {

std::shared_ptr<Bucket> open(Store& store, std::string name = "b") {
  return block_on(store.open(std::move(name))).value();
}

class KeyValueSqlite : public testing::Test {
 protected:
  [[nodiscard]] SqliteOptions options() const {
    return {.file = folder_.file("store.db"), .sync = SqliteOptions::Sync::normal};
  }
  [[nodiscard]] std::string connect_error(const SqliteOptions& options) const {
    const auto store = connect_with(options);
    if (store) return "none";
    std::string message = store.error().message();
    const auto at = message.find(folder_.file(""));
    return at == std::string::npos ? message : message.erase(at, folder_.file("").size());
  }
  // Does something to the file behind the store's back.
  void sql(const char* text) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(options().file.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, text, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  TestFolder folder_;
};

TEST_F(KeyValueSqlite, KeepsWhatItHasBetweenStores) {
  block_on(open(*connect_with(options()).value())->set("k", Bytes::copy_of("v"))).value();

  EXPECT_EQ(block_on(open(*connect_with(options()).value())->get("k")).value(),
            Bytes::copy_of("v"));
}

TEST_F(KeyValueSqlite, IsSharedByStoresAtOnce) {
  const auto one = connect_with(options()).value();
  const auto two = connect_with(options()).value();
  block_on(open(*one)->increment("n", 1)).value();
  block_on(open(*two)->increment("n", 1)).value();
  const Observed seen = block_on(open(*one)->observe("n")).value();
  block_on(open(*two)->increment("n", 1)).value();

  EXPECT_FALSE(block_on(open(*one)->swap("n", seen, Bytes())).value());
  EXPECT_EQ(block_on(open(*one)->increment("n", 0)).value(), 3);
}

TEST_F(KeyValueSqlite, LivesInTheFileOfOthers) {
  sql("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)");

  const auto store = connect_with(options()).value();

  EXPECT_TRUE(block_on(open(*store)->set("k", Bytes::copy_of("v"))).has_value());
  sql("INSERT INTO mine VALUES (2)");
}

TEST_F(KeyValueSqlite, RefusesMoreThanItsLimit) {
  SqliteOptions small = options();
  small.bytes_max = 200'000;
  const auto store = connect_with(small).value();
  const auto bucket = open(*store);
  block_on(bucket->set("kept", Bytes::copy_of("v"))).value();

  const auto stored = block_on(bucket->set("k", std::vector<std::uint8_t>(300'000)));

  ASSERT_FALSE(stored.has_value());
  EXPECT_EQ(stored.error().message,
            "the store is full: '" + small.file + "' may have at most 200000 bytes");
  EXPECT_EQ(block_on(bucket->get("kept")).value(), Bytes::copy_of("v"));
  EXPECT_TRUE(block_on(bucket->set("k", Bytes::copy_of("small"))).has_value());
}

TEST_F(KeyValueSqlite, StoresNothingOfABatchThatDoesNotFit) {
  SqliteOptions small = options();
  small.bytes_max = 200'000;
  const auto store = connect_with(small).value();
  const auto bucket = open(*store);
  std::vector<Entry> entries;
  entries.emplace_back("a", Bytes::copy_of("v"));
  entries.emplace_back("b", std::vector<std::uint8_t>(300'000));

  EXPECT_FALSE(block_on(bucket->set_many(entries)).has_value());

  EXPECT_TRUE(block_on(bucket->list(std::nullopt)).value().keys.empty());
}

TEST_F(KeyValueSqlite, SaysThatAnotherProcessHoldsTheFile) {
  SqliteOptions impatient = options();
  impatient.busy_timeout_ms = 20;
  const auto store = connect_with(impatient).value();
  const auto bucket = open(*store);
  block_on(bucket->set("k", Bytes::copy_of("v"))).value();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(impatient.file.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);

  const auto counted = block_on(bucket->increment("n", 1));
  const auto read = block_on(bucket->get("k"));
  sqlite3_close(other);

  ASSERT_FALSE(counted.has_value());
  EXPECT_EQ(
      counted.error().message,
      "'" + impatient.file + "' is locked by another process for longer than 20 ms: try again");
  EXPECT_EQ(read.value(), Bytes::copy_of("v"));
  EXPECT_EQ(block_on(bucket->increment("n", 1)).value(), 1);
}

TEST_F(KeyValueSqlite, RefusesFilesThatAreNone) {
  std::ofstream(folder_.file("text.db")) << std::string(5000, 'x');
  SqliteOptions wrong = options();

  wrong.file = folder_.file("text.db");
  EXPECT_EQ(connect_error(wrong), "'text.db' is no SQLite database");
  wrong.file = folder_.file("no/such/folder.db");
  EXPECT_EQ(connect_error(wrong),
            "'no/such/folder.db' cannot be opened: No such file or directory");
  wrong.file = folder_.file("");
  EXPECT_EQ(connect_error(wrong), "'' cannot be opened: Is a directory");
  wrong.file = ":memory:";
  EXPECT_EQ(connect_error(wrong), "':memory:' is no name of a file: write sqlite:FILE, or memory");
}

TEST_F(KeyValueSqlite, RefusesTablesOfANewerVersion) {
  (void)connect_with(options()).value();
  sql("UPDATE capstan_keyvalue_schema SET version = 2");

  EXPECT_EQ(connect_error(options()),
            "'store.db' was written by another version of Capstan: its key-value tables have "
            "version '2', this one knows 1");
}

TEST(KeyValueAddresses, ChooseTheBackendAndItsOptions) {
  const TestFolder folder;
  const auto message = [](std::string_view address) {
    const auto store = connect(Url::parse(address).value());
    return store ? std::string("none") : store.error().message();
  };

  EXPECT_EQ(message("memory?bytes=1MiB&keys=5"), "none");
  EXPECT_EQ(message("sqlite:" + folder.file("a.db") +
                    "?sync=normal&bytes=1MiB&busy=1s&connections=2&threads=2"),
            "none");
  EXPECT_NE(message("memory?sync=full").find("'sync'"), std::string::npos);
  EXPECT_EQ(message("sqlite:x.db?sync=often"),
            "'often' is no value of the option 'sync' of 'sqlite:x.db?sync=often': it is full or "
            "normal");
  EXPECT_EQ(message("other:x"),
            "'other:x' is no embedded key-value backend: it can be memory, sqlite or file");
}

}  // namespace
}  // namespace capstan::keyvalue
