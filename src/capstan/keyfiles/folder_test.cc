#include <capstan/keyfiles/folder.h>

#include <capstan/keyfiles/names.h>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <thread>

namespace capstan::keyfiles {
namespace {

namespace fs = std::filesystem;
using testing::Optional;

ByteVector bytes(std::string_view text) { return {text.begin(), text.end()}; }

// A folder on disk with one bucket, "bucket".
class KeyFolder : public testing::Test {
 protected:
  KeyFolder() {
    char pattern[] = "/tmp/capstan-keyfiles-XXXXXX";
    root_path = ::mkdtemp(pattern);
    fs::create_directory(bucket_path());
    root = Descriptor(::open(root_path.c_str(), O_RDONLY | O_DIRECTORY));
    folder.emplace(open());
  }
  ~KeyFolder() override { fs::remove_all(root_path); }

  [[nodiscard]] fs::path bucket_path() const { return root_path / "bucket"; }
  [[nodiscard]] Folder open() const {
    return Folder::open(root.get(), "bucket", {.sync = Sync::off, .lock = {}}).value();
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(bucket_path() / name) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(bucket_path() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::set<std::string> listed() const {
    Folder own = open();
    std::set<std::string> keys;
    std::uint64_t from = 0;
    for (;;) {
      const KeyPage page = own.list(from).value();
      for (const std::string& key : page.keys) EXPECT_TRUE(keys.insert(key).second) << key;
      if (!page.next) return keys;
      from = *page.next;
    }
  }
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(bucket_path()))
      names.insert(entry.path().filename().string());
    return names;
  }

  fs::path root_path;
  Descriptor root;
  std::optional<Folder> folder;
};

TEST_F(KeyFolder, AKeyIsAFileThatPeopleCanReadAndEdit) {
  ASSERT_TRUE(folder->set("user:123", bytes("John")).has_value());
  EXPECT_EQ(read("user:123"), "John");

  write("user:123", "Jane");
  write("by-hand", "hello\n");

  EXPECT_THAT(folder->get("user:123").value(), Optional(bytes("Jane")));
  EXPECT_THAT(folder->get("by-hand").value(), Optional(bytes("hello\n")));
  EXPECT_EQ(listed(), (std::set<std::string>{"user:123", "by-hand"}));
}

TEST_F(KeyFolder, ABucketHasToExistAndBeAFolder) {
  write("file", "x");
  fs::create_directory_symlink(bucket_path(), root_path / "link");
  std::ofstream(root_path / "plain") << "x";

  for (const char* name : {"missing", "link", "plain", "", ".", "..", "bucket/..", "../bucket"}) {
    const auto opened = Folder::open(root.get(), name, {});
    ASSERT_FALSE(opened.has_value()) << name;
    EXPECT_EQ(opened.error().kind, FailureKind::no_such_store) << name;
  }
}

TEST_F(KeyFolder, EveryKeyComesBackAndStaysInTheFolder) {
  std::set<std::string> keys = {"",
                                ".",
                                "..",
                                "../up",
                                "/etc/passwd",
                                "a/b/c",
                                ".hidden",
                                "%",
                                "%41",
                                std::string("nul\0byte", 8),
                                "new\nline",
                                "back\\slash",
                                "ümlaut",
                                std::string(255, 'x'),
                                std::string(256, 'x'),
                                std::string(4096, 'y'),
                                std::string(key_bytes_max, 'z'),
                                std::string(200, '/')};

  for (const std::string& key : keys) ASSERT_TRUE(folder->set(key, bytes("v" + key)).has_value());

  for (const std::string& key : keys) {
    EXPECT_THAT(folder->get(key).value(), Optional(bytes("v" + key)));
    EXPECT_TRUE(folder->exists(key).value());
  }
  EXPECT_EQ(listed(), keys);
  std::size_t beside = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root_path)) ++beside;
  EXPECT_EQ(beside, 1u);
  for (const std::string& key : keys) EXPECT_TRUE(folder->remove(key).value());
  EXPECT_EQ(listed(), std::set<std::string>());
}

TEST_F(KeyFolder, ATooLongKeyIsRefused) {
  const std::string key(key_bytes_max + 1, 'k');

  EXPECT_EQ(folder->get(key).error().message,
            "the key has 65537 bytes: at most 65536 are possible");
  EXPECT_FALSE(folder->set(key, {}).has_value());
  EXPECT_FALSE(folder->increment(key, 1).has_value());
}

TEST_F(KeyFolder, WhatIsNoOrdinaryFileIsNoKey) {
  fs::create_directory(bucket_path() / "folder");
  std::ofstream(root_path / "outside") << "secret";
  fs::create_symlink(root_path / "outside", bucket_path() / "link");
  ASSERT_EQ(::mkfifo((bucket_path() / "pipe").c_str(), 0600), 0);

  for (const char* name : {"folder", "link", "pipe"}) {
    EXPECT_EQ(folder->get(name).value(), std::nullopt) << name;
    EXPECT_FALSE(folder->exists(name).value()) << name;
    EXPECT_FALSE(folder->remove(name).value()) << name;
  }
  EXPECT_EQ(listed(), std::set<std::string>());
}

TEST_F(KeyFolder, SettingALinkReplacesItAndNotWhatItLeadsTo) {
  std::ofstream(root_path / "outside") << "secret";
  fs::create_symlink(root_path / "outside", bucket_path() / "link");

  ASSERT_TRUE(folder->set("link", bytes("mine")).has_value());

  EXPECT_THAT(folder->get("link").value(), Optional(bytes("mine")));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(bucket_path() / "link")));
  std::ifstream outside(root_path / "outside");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(outside), {}), "secret");
}

TEST_F(KeyFolder, NothingIsLeftBesideTheValues) {
  ASSERT_TRUE(folder->set("a", bytes("1")).has_value());
  ASSERT_TRUE(folder->increment("n", 1).has_value());
  ASSERT_TRUE(folder->insert("b", bytes("2")).value());
  ASSERT_TRUE(folder->remove("b").value());

  EXPECT_EQ(files(), (std::set<std::string>{"a", "n"}));
}

TEST_F(KeyFolder, CountersAreEightLittleEndianBytes) {
  EXPECT_EQ(folder->increment("n", 258).value(), 258);
  EXPECT_EQ(read("n"), std::string("\x02\x01\0\0\0\0\0\0", 8));
  EXPECT_EQ(folder->increment("n", -259).value(), -1);
  EXPECT_EQ(folder->increment_unsigned("u", 5).value(), 5u);
}

TEST_F(KeyFolder, ACounterThatWouldOverflowKeepsItsValue) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  ASSERT_EQ(folder->increment("n", most).value(), most);

  EXPECT_EQ(folder->increment("n", 1).error().message,
            "the counter is 9223372036854775807 and cannot take 1 more: a counter has 64 bits with "
            "its sign");
  EXPECT_EQ(folder->increment_unsigned("n", std::uint64_t{1} << 63).value(),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(folder->increment_unsigned("n", 1).error().message,
            "the counter is 18446744073709551615 and cannot take 1 more: a counter has 64 bits");
}

TEST_F(KeyFolder, AValueOfAnotherLengthIsNoCounter) {
  write("n", "12");

  EXPECT_EQ(folder->increment("n", 1).error().message,
            "the value has 2 bytes and is no counter: a counter has 8");
  EXPECT_EQ(read("n"), "12");
}

TEST_F(KeyFolder, ASwapSucceedsOnlyIfNothingChanged) {
  const Seen nothing = folder->observe("k").value();
  EXPECT_TRUE(folder->swap("k", nothing, bytes("1")).value());
  EXPECT_FALSE(folder->swap("k", nothing, bytes("2")).value());

  const Seen one = folder->observe("k").value();
  ASSERT_TRUE(folder->set("k", bytes("other")).has_value());
  EXPECT_FALSE(folder->swap("k", one, bytes("2")).value());
  EXPECT_THAT(folder->get("k").value(), Optional(bytes("other")));
}

TEST_F(KeyFolder, PagesAreCompleteWhileOtherKeysComeAndGo) {
  std::set<std::string> staying;
  for (int i = 0; i < 2500; ++i) {
    staying.insert("stays-" + std::to_string(i));
    write("stays-" + std::to_string(i), "x");
    write("goes-" + std::to_string(i), "x");
  }
  std::set<std::string> seen;
  std::uint64_t from = 0;
  for (int round = 0;; ++round) {
    Folder own = open();  // knows nothing of the page before
    const KeyPage page = own.list(from).value();
    EXPECT_LE(page.keys.size(), page_keys_max);
    for (const std::string& key : page.keys) EXPECT_TRUE(seen.insert(key).second) << key;
    for (int i = round * 500; i < round * 500 + 500; ++i) {
      fs::remove(bucket_path() / ("goes-" + std::to_string(i)));
      write("new-" + std::to_string(i), "x");
    }
    if (!page.next) break;
    from = *page.next;
  }
  EXPECT_TRUE(std::ranges::includes(seen, staying));
}

TEST_F(KeyFolder, ALockThatWasLeftBehindIsBroken) {
  write(".lock-k", "");
  Folder impatient =
      Folder::open(
          root.get(), "bucket",
          {.sync = Sync::off,
           .lock = {.lease = std::chrono::milliseconds(100), .patience = std::chrono::seconds(5)}})
          .value();

  EXPECT_TRUE(impatient.set("k", bytes("1")).has_value());
  EXPECT_EQ(files(), std::set<std::string>{"k"});
}

TEST_F(KeyFolder, WaitingForALockHasAnEnd) {
  write(".lock-k", "");
  Folder impatient =
      Folder::open(
          root.get(), "bucket",
          {.sync = Sync::off,
           .lock = {.lease = std::chrono::seconds(60), .patience = std::chrono::milliseconds(50)}})
          .value();

  EXPECT_EQ(impatient.set("k", bytes("1")).error().message,
            "the key is locked: others have been changing it for 50 ms; trying again may help");
  EXPECT_EQ(files(), std::set<std::string>{".lock-k"});
}

TEST_F(KeyFolder, SeveralWritersCountExactly) {
  constexpr int writers = 4;
  constexpr int rounds = 500;
  std::vector<std::jthread> threads;
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([this] {
      Folder own = open();
      for (int n = 0; n < rounds; ++n) ASSERT_TRUE(own.increment("n", 1).has_value());
    });
  threads.clear();

  EXPECT_EQ(folder->increment("n", 0).value(), writers * rounds);
}

TEST_F(KeyFolder, ManyValuesAreSetInOrder) {
  const ByteVector one = bytes("1");
  const ByteVector two = bytes("2");
  const Folder::Entry entries[] = {{"a", one}, {"b", one}, {"a", two}};

  ASSERT_TRUE(folder->set_many(entries).has_value());

  EXPECT_EQ(read("a"), "2");
  EXPECT_EQ(read("b"), "1");
}

TEST_F(KeyFolder, AFailureAmongManySaysWhatIsSet) {
  fs::create_directory(bucket_path() / "b");
  const ByteVector one = bytes("1");
  const Folder::Entry entries[] = {{"a", one}, {"b", one}, {"c", one}};

  const auto set = folder->set_many(entries);

  ASSERT_FALSE(set.has_value());
  EXPECT_THAT(set.error().message,
              testing::StartsWith("of 3 keys the first 1 are set, then 'b': cannot write 'b'"));
  EXPECT_EQ(files(), (std::set<std::string>{"a", "b"}));
}

TEST_F(KeyFolder, ClearingRemovesTheKeysAlone) {
  ASSERT_TRUE(folder->set("a", {}).has_value());
  fs::create_directory(bucket_path() / "folder");

  ASSERT_TRUE(folder->clear().has_value());

  EXPECT_EQ(files(), std::set<std::string>{"folder"});
}

}  // namespace
}  // namespace capstan::keyfiles
