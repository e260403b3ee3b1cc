// What only folders that people edit have: through the component, in the older version of the
// interface, with the files looked at from outside.
#include <capstan/host/engine.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "draft_provider.h"

namespace capstan {
namespace {

namespace fs = std::filesystem;
namespace wit = draft::exports::wasi::keyvalue;
using ErrorCase = wit::store::ErrorCase;
using Provider = draft::test::keyvalue_provider::DraftProvider;

Bytes bytes(std::string_view text) { return Bytes::copy_of(text); }

const PreparedComponent<>& provider_component() {
  static const PreparedComponent<> component = [] {
    std::ifstream file(CAPSTAN_PROVIDER, std::ios::binary);
    const std::vector<std::uint8_t> wasm{std::istreambuf_iterator<char>(file), {}};
    Engine engine = Engine::create({}).value();
    Linker<> linker(engine);
    linker.add_wasi();
    return linker.prepare(engine.load(wasm, "keyvalue-filesystem").value()).value();
  }();
  return component;
}

// An instance with some folders.
class Running {
 public:
  explicit Running(std::vector<wasi::Directory> folders)
      : store_(NoState(), {.wasi = {.directories = std::move(folders)}}),
        provider_(Provider::instantiate(store_, provider_component()).value()) {}

  std::expected<wit::store::Bucket, wit::store::Error> open(std::string_view name) {
    return provider_.store().open(name).value();
  }
  Provider& operator*() { return provider_; }
  Provider* operator->() { return &provider_; }

 private:
  Store<> store_;
  Provider provider_;
};

class EditedFolder : public testing::Test {
 protected:
  EditedFolder() {
    char pattern[] = "/tmp/capstan-provider-XXXXXX";
    root = ::mkdtemp(pattern);
    data = root / "data";
    fs::create_directories(data / "bucket");
    std::ofstream(root / "outside") << "secret";
  }
  ~EditedFolder() override { fs::remove_all(root); }

  [[nodiscard]] wasi::Directory granted(const char* name = "keyvalue-data",
                                        wasi::Access access = wasi::Access::read_write) const {
    return {.host = data.string(), .guest = name, .access = access};
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(data / "bucket" / name) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(data / "bucket" / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Everything below the root, with what it holds.
  [[nodiscard]] std::map<std::string, std::string> tree() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      std::string contents = "folder";
      if (entry.is_symlink()) {
        contents = "link to " + fs::read_symlink(entry.path()).string();
      } else if (entry.is_regular_file()) {
        std::ifstream file(entry.path());
        contents = {std::istreambuf_iterator<char>(file), {}};
      }
      found.emplace(entry.path().lexically_relative(root).string(), contents);
    }
    return found;
  }

  fs::path root;
  fs::path data;
};

TEST_F(EditedFolder, EditsBetweenCallsAreSeen) {
  Running running({granted()});
  auto bucket = running.open("bucket").value();

  ASSERT_TRUE(bucket.set("greeting", bytes("hello").view()).value().has_value());
  EXPECT_EQ(read("greeting"), "hello");

  write("greeting", "changed by hand");
  EXPECT_EQ(bucket.get("greeting").value().value(), bytes("changed by hand"));

  fs::remove(data / "bucket" / "greeting");
  EXPECT_EQ(bucket.get("greeting").value().value(), std::nullopt);

  write("new", "x");
  EXPECT_THAT(bucket.list_keys(std::nullopt).value().value().keys, testing::ElementsAre("new"));
}

TEST_F(EditedFolder, TheOnlyFolderThatMayBeWrittenIsTaken) {
  Running running({{.host = root.string(), .guest = "other"}, granted("data")});

  EXPECT_TRUE(running.open("bucket").has_value());
}

TEST_F(EditedFolder, WithoutAFolderTheErrorSaysWhatToGrant) {
  Running none({});
  Running two({granted("a"), granted("b")});

  EXPECT_EQ(none.open("bucket").error().get<ErrorCase::other>(),
            "there is no folder 'keyvalue-data' for the buckets: grant a folder to write to under "
            "that name, such as --dir DIR::keyvalue-data,rw");
  EXPECT_EQ(two.open("bucket").error().get<ErrorCase::other>(),
            "of several folders none is called 'keyvalue-data': grant a folder to write to under "
            "that name, such as --dir DIR::keyvalue-data,rw");
}

TEST_F(EditedFolder, ABucketWithoutAFolderIsNoStore) {
  Running running({granted()});

  for (const char* name : {"missing", "..", "../data", "bucket/..", ""})
    EXPECT_EQ(running.open(name).error().which(), ErrorCase::no_such_store) << name;
}

TEST_F(EditedFolder, AReadOnlyFolderCanBeReadAndDeniesTheRest) {
  write("k", "v");
  Running running({granted("keyvalue-data", wasi::Access::read_only)});
  auto bucket = running.open("bucket").value();

  EXPECT_EQ(bucket.get("k").value().value(), bytes("v"));
  EXPECT_TRUE(bucket.exists("k").value().value());
  EXPECT_THAT(bucket.list_keys(std::nullopt).value().value().keys, testing::ElementsAre("k"));
  EXPECT_EQ(bucket.set("k", {}).value().error().which(), ErrorCase::access_denied);
  EXPECT_EQ(bucket.delete_("k").value().error().which(), ErrorCase::access_denied);
  EXPECT_EQ(running->atomics().increment(bucket, "n", 1).value().error().which(),
            ErrorCase::access_denied);
}

TEST_F(EditedFolder, NoKeyLeavesTheBucket) {
  fs::create_symlink(root / "outside", data / "bucket" / "link");
  fs::create_directory_symlink(root, data / "bucket" / "up");
  ASSERT_EQ(::mkfifo((data / "bucket" / "pipe").c_str(), 0600), 0);
  const auto before = tree();
  Running running({granted()});
  auto bucket = running.open("bucket").value();
  const std::set<std::string> hostile = {"..",
                                         "../outside",
                                         "../../outside",
                                         "/etc/passwd",
                                         "a/../../b",
                                         "up/outside",
                                         "link",
                                         "pipe",
                                         ".",
                                         "",
                                         "%2E%2E%2Foutside",
                                         std::string("a\0b", 3),
                                         "con",
                                         "a\\b",
                                         std::string(255, 'n'),
                                         std::string(256, 'n'),
                                         std::string(65536, 'n')};

  for (const std::string& key : hostile) {
    EXPECT_EQ(bucket.get(key).value().value(), std::nullopt) << key;
    ASSERT_TRUE(bucket.set(key, bytes("mine").view()).value().has_value()) << key;
    EXPECT_EQ(bucket.get(key).value().value(), bytes("mine")) << key;
  }
  const auto keys = bucket.list_keys(std::nullopt).value().value().keys;
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()), hostile);
  for (const std::string& key : hostile) ASSERT_TRUE(bucket.delete_(key).value().has_value());

  auto after = tree();
  std::erase_if(after, [](const auto& entry) { return entry.first.contains(".name-"); });
  auto expected = before;  // links and pipes of those names were replaced by values, and deleted
  expected.erase("data/bucket/link");
  expected.erase("data/bucket/pipe");
  EXPECT_EQ(after, expected);
}

TEST_F(EditedFolder, CountersAreUnsignedAndNeverSilentlyZero) {
  Running running({granted()});
  auto bucket = running.open("bucket").value();
  const auto atomics = running->atomics();
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

  EXPECT_EQ(atomics.increment(bucket, "n", 258).value().value(), 258u);
  EXPECT_EQ(read("n"), std::string("\x02\x01\0\0\0\0\0\0", 8));
  EXPECT_EQ(atomics.increment(bucket, "n", most - 258).value().value(), most);
  EXPECT_EQ(atomics.increment(bucket, "n", 1).value().error().get<ErrorCase::other>(),
            "the counter is 18446744073709551615 and cannot take 1 more: a counter has 64 bits");

  write("text", "12");
  EXPECT_EQ(atomics.increment(bucket, "text", 1).value().error().get<ErrorCase::other>(),
            "the value has 2 bytes and is no counter: a counter has 8");
  EXPECT_EQ(read("text"), "12");
}

TEST_F(EditedFolder, PagesOfThousandAreCompleteForAnotherInstanceToo) {
  for (int i = 0; i < 2500; ++i) write("key-" + std::to_string(i), "");
  std::set<std::string> seen;
  std::optional<std::uint64_t> cursor;
  do {
    Running running({granted()});
    auto bucket = running.open("bucket").value();
    auto page = bucket.list_keys(cursor).value().value();
    EXPECT_LE(page.keys.size(), 1000u);
    for (std::string& key : page.keys) EXPECT_TRUE(seen.insert(std::move(key)).second);
    cursor = page.cursor;
  } while (cursor);
  EXPECT_EQ(seen.size(), 2500u);
}

}  // namespace
}  // namespace capstan
