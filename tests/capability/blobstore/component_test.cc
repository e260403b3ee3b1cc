// Object storage through real components: one that knows wasi:blobstore with `func`, and one for
// which most functions are `async func`. The store is looked at from the host's side too.
#include <capstan/capability/blobstore/bind.h>
#include <capstan/capability/blobstore/file.h>
#include <capstan/capability/blobstore/memory.h>
#include <capstan/host/bindings.h>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

namespace capstan::blobstore {
namespace {

namespace fs = std::filesystem;

constexpr host::ExportShape tool_exports[] = {
    host::export_function<std::string(std::string_view)>("", "act", "words")};
constexpr host::WorldShape tool_world{"test:blobstore/tool", tool_exports};

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
template <typename T>
T must(Task<Outcome<T>> task) {
  Outcome<T> outcome = block_on(std::move(task));
  if (!outcome) throw std::runtime_error(outcome.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

Engine& engine() {
  static Engine shared = must(Engine::create({.cache = false}));
  return shared;
}

const Component& component(const std::string& path) {
  static std::map<std::string, Component> loaded;
  const auto found = loaded.find(path);
  if (found != loaded.end()) return found->second;
  return loaded.emplace(path, must(engine().load_file(path))).first->second;
}

// A folder of this test alone.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "capstan-blobs-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Which guest, and which backend behind it.
struct Case {
  const char* name;
  const char* guest;
  enum class Backend : std::uint8_t { memory, file, pooled } backend;
};
constexpr Case cases[] = {
    {"SyncMemory", CAPSTAN_BLOBSTORE_SYNC, Case::Backend::memory},
    {"SyncFile", CAPSTAN_BLOBSTORE_SYNC, Case::Backend::file},
    {"SyncPooledFile", CAPSTAN_BLOBSTORE_SYNC, Case::Backend::pooled},
    {"AsyncMemory", CAPSTAN_BLOBSTORE_ASYNC, Case::Backend::memory},
    {"AsyncPooledFile", CAPSTAN_BLOBSTORE_ASYNC, Case::Backend::pooled},
};

class BlobstoreComponent : public testing::TestWithParam<Case> {
 protected:
  BlobstoreComponent() : store_(make_store()) { start({}); }

  void start(const BindOptions& options) {
    Linker<> linker(engine());
    linker.add_wasi();
    must(blobstore::bind(linker, store_, options));
    auto prepared = must(linker.prepare(component(GetParam().guest)));
    suspends_ = prepared.may_suspend();
    guest_.emplace();
    instance_.emplace(must(prepared.instantiate(*guest_)));
    must(instance_->bind(tool_world));
  }

  std::string act(std::string_view words) {
    auto said = instance_->call<std::string, std::string_view>(0, words);
    return said ? *said : "trap: " + said.error().message();
  }

  // From the host's side.
  std::string content(const std::string& container, const std::string& object) {
    const auto reader = must(must(store_->get(container))->read(object, Range::all()));
    std::string all;
    for (;;) {
      const Bytes piece = must(reader->read(1 << 20));
      if (piece.empty()) return all;
      all += piece.text();
    }
  }
  std::vector<std::string> names(const std::string& container) {
    return must(must(must(store_->get(container))->list())->next(1000));
  }
  // What lies in the folder for what is being written.
  std::ptrdiff_t left_over() {
    const fs::path folder = scratch_.path() / ".tmp";
    if (!fs::exists(folder)) return 0;
    return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
  }

  bool suspends_ = false;

 private:
  std::shared_ptr<Store> make_store() {
    if (GetParam().backend == Case::Backend::memory) return must(connect_with(MemoryOptions()));
    FileOptions options;
    options.folder = scratch_.path();
    options.sync = Sync::no;
    if (GetParam().backend == Case::Backend::pooled)
      options.pool = std::make_shared<BlockingPool>();
    return must(connect_with(options));
  }

  Scratch scratch_;
  std::shared_ptr<Store> store_;
  std::optional<capstan::Store<>> guest_;
  std::optional<Instance> instance_;
};

INSTANTIATE_TEST_SUITE_P(Guests, BlobstoreComponent, testing::ValuesIn(cases),
                         [](const auto& one) { return one.param.name; });

TEST_P(BlobstoreComponent, ContainersAreMadeFoundAndRemoved) {
  EXPECT_EQ(act("exists c"), "no");
  EXPECT_EQ(act("get c"), "error: container not found: 'c'");
  EXPECT_EQ(act("create c"), "ok");
  EXPECT_EQ(act("exists c"), "yes");
  EXPECT_EQ(act("since c"), "c c dated");
  EXPECT_EQ(act("delete c"), "ok");
  EXPECT_EQ(act("exists c"), "no");
}

TEST_P(BlobstoreComponent, ValuesAreWrittenInEitherOrder) {
  act("create c");

  EXPECT_EQ(act("write c a first-the-body"), "ok");
  EXPECT_EQ(act("write-first c b first-the-name"), "ok");

  EXPECT_EQ(content("c", "a"), "first-the-body");
  EXPECT_EQ(content("c", "b"), "first-the-name");
  EXPECT_EQ(left_over(), 0);
}

TEST_P(BlobstoreComponent, AValueMayBeFinishedWhileItsStreamIsHeld) {
  act("create c");

  EXPECT_EQ(act("write-open c o text"), "ok");
  EXPECT_EQ(content("c", "o"), "text");
  EXPECT_EQ(act("late c p text"), "error: the value is finished already");
  EXPECT_EQ(content("c", "p"), "");
}

TEST_P(BlobstoreComponent, WhatIsNotFinishedLeavesNothing) {
  act("create c");

  EXPECT_EQ(act("give-up c o text"), "ok");
  EXPECT_EQ(act("nowhere text"),
            "error: the value was finished before write-data said where it goes");

  EXPECT_EQ(names("c"), std::vector<std::string>());
  EXPECT_EQ(left_over(), 0);
}

TEST_P(BlobstoreComponent, AValueGoesToOnePlaceAndHasOneStream) {
  act("create c");

  EXPECT_EQ(act("twice c o p"), "error: write-data was called for this value before");
  EXPECT_EQ(act("bodies c o"), "one stream");
  EXPECT_EQ(names("c"), std::vector<std::string>());
}

TEST_P(BlobstoreComponent, LargeValuesStreamBothWays) {
  act("create c");

  EXPECT_EQ(act("fill c o 10485760"), "ok");
  EXPECT_EQ(act("sum c o 0 0"), "10485760 1336934400");

  const std::string stored = content("c", "o");
  ASSERT_EQ(stored.size(), 10485760u);
  for (std::size_t i = 0; i < stored.size(); ++i)
    ASSERT_EQ(static_cast<std::uint8_t>(stored[i]), static_cast<std::uint8_t>(i));
}

TEST_P(BlobstoreComponent, RangesAreReadAtOnceAndStreamed) {
  act("create c");
  act("write c o 0123456789");

  for (const std::string how : {"read", "stream"}) {
    EXPECT_EQ(act(how + " c o 0 0"), "0123456789");
    EXPECT_EQ(act(how + " c o 2 4"), "234");
    EXPECT_EQ(act(how + " c o 7 18446744073709551615"), "789");
    EXPECT_EQ(act(how + " c o 4 2"), "error: the range ends at byte 2, before it begins at 4");
    EXPECT_EQ(act(how + " c o 10 10"),
              "error: the range begins at byte 10, but the object has 10 bytes");
    EXPECT_EQ(act(how + " c missing 0 0"), "error: object not found: 'missing'");
  }
  EXPECT_EQ(act("size c o 2 4"), "3");
  EXPECT_EQ(act("info c o"), "c/o 10 dated");
}

TEST_P(BlobstoreComponent, WhatIsTooLargeToBeGivenAtOnceIsAnError) {
  start({.sync_body_bytes_max = 5});
  act("create c");
  act("write c o 012345");

  EXPECT_EQ(act("read c o 0 0"),
            "error: the value has 6 bytes, more than the 5 that are given at once: use "
            "incoming-value-consume-async");
  EXPECT_EQ(act("read c o 1 0"), "12345");
  EXPECT_EQ(act("stream c o 0 0"), "012345");
}

TEST_P(BlobstoreComponent, AValueThatCannotBeKeptSaysSoThroughItsStream) {
  start({.waiting_bytes_max = 5});
  act("create c");

  EXPECT_EQ(act("write c o 012345"),
            "error: cannot keep the value until it is known where it goes: at most 5 bytes can "
            "wait; call write-data before writing the body");
  EXPECT_EQ(act("write-first c o 012345"), "ok");
}

TEST_P(BlobstoreComponent, NamesComeInPiecesAndTellTheirEnd) {
  act("create c");
  EXPECT_EQ(act("list c 2"), ".");
  for (const char* name : {"b", "c", "a", "d"}) act(std::string("write c ") + name + " x");

  EXPECT_EQ(act("list c 1"), "a|b|c|d.");
  EXPECT_EQ(act("list c 3"), "a,b,c|d.");
  EXPECT_EQ(act("list c 4"), "a,b,c,d.");
  EXPECT_EQ(act("list c 100"), "a,b,c,d.");
  EXPECT_EQ(act("skip c 0"), "0 more a,b,c,d.");
  EXPECT_EQ(act("skip c 3"), "3 more d.");
  EXPECT_EQ(act("skip c 4"), "4 end .");
  EXPECT_EQ(act("skip c 1000000"), "4 end .");
}

TEST_P(BlobstoreComponent, ObjectsAreRemoved) {
  act("create c");
  for (const char* name : {"a", "b", "c", "d"}) act(std::string("write c ") + name + " x");

  EXPECT_EQ(act("has c a"), "yes");
  EXPECT_EQ(act("remove c a"), "ok");
  EXPECT_EQ(act("remove c a"), "ok");
  EXPECT_EQ(act("has c a"), "no");
  EXPECT_EQ(act("remove-all c b,missing,d"), "ok");
  EXPECT_EQ(names("c"), std::vector<std::string>{"c"});
  EXPECT_EQ(act("clear c"), "ok");
  EXPECT_EQ(names("c"), std::vector<std::string>());
}

TEST_P(BlobstoreComponent, ObjectsAreCopiedAndMoved) {
  act("create c");
  act("create d");
  act("write c o text");

  EXPECT_EQ(act("copy c o d p"), "ok");
  EXPECT_EQ(act("move c o d q"), "ok");
  EXPECT_EQ(act("move c o d q"), "error: object not found: 'o'");

  EXPECT_EQ(names("c"), std::vector<std::string>());
  EXPECT_EQ(content("d", "p"), "text");
  EXPECT_EQ(content("d", "q"), "text");
}

TEST_P(BlobstoreComponent, ErrorsOfNamesAreNoTraps) {
  act("create c");

  EXPECT_EQ(act("create  "), "error: the name of the container is empty");
  EXPECT_EQ(act("write c  text"), "error: the name of the object is empty");
  EXPECT_EQ(act("write c " + std::string(1025, 'n') + " text"),
            "error: the name of the object has 1025 bytes, at most 1024 can be");
}

TEST_P(BlobstoreComponent, WhatIsHeldIsLimited) {
  start({.handles_max = 50});
  act("create c");
  act("write c o text");

  // The container is one of them.
  EXPECT_EQ(act("hold c o"),
            "49 error: the component holds 50 containers, values and lists, as many as can be: "
            "drop some first");
  EXPECT_EQ(act("get c"), "ok");  // in the place of the one that was dropped
  EXPECT_EQ(act("size c o 0 0"),
            "error: the component holds 50 containers, values and lists, as many as can be: drop "
            "some first");
  EXPECT_EQ(act("write c p text"),
            "error: the component holds 50 containers, values and lists, as many as can be: drop "
            "some first");
}

TEST_P(BlobstoreComponent, OpenFilesAreLimited) {
  act("create c");
  act("write c o text");
  if (GetParam().backend == Case::Backend::memory) {
    EXPECT_TRUE(act("hold c o").starts_with("9999 error: the component holds 10000"));
  } else {
    EXPECT_EQ(act("hold c o"),
              "256 error: 256 objects are being read or written, as many as can be: end one first");
  }
}

TEST_P(BlobstoreComponent, OnlyBackendsThatWaitMakeTheGuestWait) {
  const bool is_async = std::string_view(GetParam().name).starts_with("Async");

  EXPECT_EQ(suspends_, is_async || GetParam().backend == Case::Backend::pooled);
}

TEST(BlobstoreLinking, NeedsWasiForItsStreams) {
  Linker<> linker(engine());
  must(blobstore::bind(linker, must(connect_with(MemoryOptions()))));

  const auto prepared = linker.prepare(component(CAPSTAN_BLOBSTORE_SYNC));

  ASSERT_FALSE(prepared.has_value());
  EXPECT_NE(prepared.error().message().find("wasi:io/streams@0.2.2, which nothing provides: it is "
                                            "part of WASI: call linker.add_wasi()"),
            std::string::npos)
      << prepared.error().message();
}

}  // namespace
}  // namespace capstan::blobstore
