#include <capstan/capability/blobstore/conformance_testing.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace capstan::blobstore {

ScratchFolder::ScratchFolder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "capstan-blobstore-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
  path_ = pattern;
}
ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::shared_ptr<Store> keeping(std::shared_ptr<ScratchFolder> folder,
                               std::shared_ptr<Store> store) {
  Store* const raw = store.get();
  // The deleter's members end in this order: the store, then its folder.
  return {raw, [folder = std::move(folder), store = std::move(store)](Store*) mutable {
            store.reset();
            folder.reset();
          }};
}

std::shared_ptr<Container> create(Store& store, std::string name) {
  return must(store.create(std::move(name)));
}

void put(Container& container, std::string name, std::string_view content) {
  const auto writer = must(container.write(std::move(name)));
  if (!content.empty()) must(writer->write(Bytes::copy_of(content)));
  must(writer->commit());
}

std::string get(Container& container, std::string name, Range range) {
  const auto reader = must(container.read(std::move(name), range));
  std::string content;
  for (;;) {
    const Bytes piece = must(reader->read(1000));
    if (piece.empty()) break;
    content += piece.text();
  }
  if (content.size() != reader->size()) throw std::runtime_error("a reader's size is wrong");
  return content;
}

std::vector<std::string> names(Container& container) {
  const auto listing = must(container.list());
  return must(listing->next(1'000'000));
}

namespace {

using std::string;
using std::vector;

std::uint64_t now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

string counting(std::size_t size) {
  string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 256);
  return text;
}

// -------------------------------------------------------------------------------------- containers

TEST_P(BlobstoreConformance, ContainersAreThereOnceTheyAreMade) {
  EXPECT_FALSE(must(store->exists("c")));
  EXPECT_EQ(kind(now(store->get("c"))), "no_such_container");
  EXPECT_EQ(now(store->get("c")).error().message, "container not found: 'c'");

  const std::uint64_t before = now_s();
  EXPECT_EQ(create(*store, "c")->name(), "c");

  EXPECT_TRUE(must(store->exists("c")));
  const ContainerInfo info = must(must(store->get("c"))->info());
  EXPECT_EQ(info.name, "c");
  EXPECT_GE(info.created_at_s, before);
  EXPECT_LE(info.created_at_s, now_s());
}

TEST_P(BlobstoreConformance, MakingAContainerAgainGivesTheOneThatIsThere) {
  put(*create(*store, "c"), "o", "content");

  EXPECT_EQ(get(*create(*store, "c"), "o"), "content");
}

TEST_P(BlobstoreConformance, ARemovedContainerIsGoneWithItsObjects) {
  const auto container = create(*store, "c");
  put(*container, "o", "content");

  must(store->remove("c"));
  must(store->remove("c"));

  EXPECT_FALSE(must(store->exists("c")));
  EXPECT_EQ(kind(now(container->info())), "no_such_container");
  EXPECT_EQ(kind(now(container->has("o"))), "no_such_container");
  EXPECT_EQ(kind(now(container->read("o", Range::all()))), "no_such_container");
  EXPECT_EQ(kind(now(container->write("o"))), "no_such_container");
  EXPECT_EQ(kind(now(container->list())), "no_such_container");
  EXPECT_EQ(kind(now(container->clear())), "no_such_container");
  EXPECT_EQ(names(*create(*store, "c")), vector<string>());
}

TEST_P(BlobstoreConformance, ContainersDoNotSeeEachOther) {
  put(*create(*store, "one"), "o", "1");

  EXPECT_FALSE(must(create(*store, "two")->has("o")));
  EXPECT_EQ(get(*must(store->get("one")), "o"), "1");
}

TEST_P(BlobstoreConformance, ContainersMayHaveAnyName) {
  for (const string& name : {string("a/b"), string(".."), string("ü %41"), string("\0", 1),
                             string(name_bytes_max - 64, '/')}) {
    put(*create(*store, name), "o", name);
    EXPECT_EQ(get(*must(store->get(name)), "o"), name);
    EXPECT_EQ(must(must(store->get(name))->info()).name, name);
  }
  EXPECT_EQ(kind(now(store->create(""))), "invalid");
  EXPECT_EQ(kind(now(store->create(string(name_bytes_max + 1, 'n')))), "invalid");
}

// ----------------------------------------------------------------------------------------- objects

TEST_P(BlobstoreConformance, BytesComeBackAsTheyWere) {
  const auto container = create(*store, "c");
  const string content = counting(5'000'000);

  const auto writer = must(container->write("big"));
  for (std::size_t at = 0, size = 1; at < content.size(); at += size, size = size * 3 % 65'000 + 1)
    must(writer->write(Bytes::copy_of(std::string_view(content).substr(at, size))));
  must(writer->commit());
  put(*container, "empty", "");

  EXPECT_TRUE(get(*container, "big") == content);
  EXPECT_EQ(get(*container, "empty"), "");
  EXPECT_EQ(must(container->object_info("big")).size_bytes, content.size());
  EXPECT_EQ(must(container->object_info("empty")).size_bytes, 0u);
}

TEST_P(BlobstoreConformance, AnObjectIsThereWhenItIsCommittedAndNotBefore) {
  const auto container = create(*store, "c");

  const auto writer = must(container->write("o"));
  must(writer->write(Bytes::copy_of("content")));
  EXPECT_FALSE(must(container->has("o")));
  EXPECT_EQ(names(*container), vector<string>());
  must(writer->commit());

  EXPECT_TRUE(must(container->has("o")));
  EXPECT_EQ(names(*container), vector<string>{"o"});
}

TEST_P(BlobstoreConformance, WhatIsNotCommittedLeavesNothing) {
  const auto container = create(*store, "c");
  put(*container, "there", "old");

  for (const char* name : {"there", "new"}) {
    const auto writer = must(container->write(name));
    must(writer->write(Bytes::copy_of("given up")));
  }

  EXPECT_EQ(names(*container), vector<string>{"there"});
  EXPECT_EQ(get(*container, "there"), "old");
}

TEST_P(BlobstoreConformance, AReaderKeepsWhatWasThereWhenItWasMade) {
  const auto container = create(*store, "c");
  put(*container, "o", "old content");
  const auto reader = must(container->read("o", Range::all()));
  const auto removed = must(container->read("o", Range(4, 0)));

  put(*container, "o", "new");
  EXPECT_EQ(must(reader->read(100)).text(), "old content");
  EXPECT_EQ(get(*container, "o"), "new");

  must(store->remove("c"));
  EXPECT_EQ(must(removed->read(100)).text(), "content");
  EXPECT_EQ(must(removed->read(100)).size(), 0u);
}

TEST_P(BlobstoreConformance, ARemovedContainerTakesNoObject) {
  const auto container = create(*store, "c");
  const auto writer = must(container->write("o"));
  must(writer->write(Bytes::copy_of("content")));

  must(store->remove("c"));

  EXPECT_EQ(kind(now(writer->commit())), "no_such_container");
  EXPECT_FALSE(must(store->exists("c")));
}

TEST_P(BlobstoreConformance, WhatIsMissingIsAnErrorOfItsOwn) {
  const auto container = create(*store, "c");

  EXPECT_EQ(kind(now(container->read("o", Range::all()))), "no_such_object");
  EXPECT_EQ(now(container->read("o", Range::all())).error().message, "object not found: 'o'");
  EXPECT_EQ(kind(now(container->object_info("o"))), "no_such_object");
  EXPECT_FALSE(must(container->has("o")));
}

TEST_P(BlobstoreConformance, ObjectsMayHaveAnyName) {
  const auto container = create(*store, "c");
  vector<string> all = {"a/b",
                        "..",
                        "../../etc/passwd",
                        ".",
                        "%2E",
                        ".container",
                        "ü",
                        "a b\n",
                        string("\0x", 2),
                        "\xff\xfe",
                        "%h0",
                        string(255, 'a'),
                        string(256, 'a'),
                        string(name_bytes_max, '/'),
                        string(name_bytes_max, 'z')};

  for (const string& name : all) put(*container, name, "content of " + name);

  std::ranges::sort(all);
  EXPECT_EQ(names(*container), all);
  for (const string& name : all) {
    EXPECT_EQ(get(*container, name), "content of " + name);
    EXPECT_EQ(get(*container, name, Range(11, 0)), name);
    EXPECT_EQ(must(container->object_info(name)).size_bytes, 11 + name.size());
    EXPECT_EQ(must(container->object_info(name)).name, name);
  }
  must(container->remove(all));
  EXPECT_EQ(names(*container), vector<string>());
  for (const string& name : {string(), string(name_bytes_max + 1, 'n')}) {
    EXPECT_EQ(kind(now(container->write(name))), "invalid");
    EXPECT_FALSE(must(container->has(name)));
  }
}

TEST_P(BlobstoreConformance, ObjectsSaySinceWhenTheyAreThere) {
  const auto container = create(*store, "c");
  const std::uint64_t before = now_s();
  put(*container, "o", "12345");

  const ObjectInfo info = must(container->object_info("o"));

  EXPECT_EQ(info.name, "o");
  EXPECT_EQ(info.container, "c");
  EXPECT_EQ(info.size_bytes, 5u);
  // Clocks of file systems may be a tick behind.
  EXPECT_GE(info.created_at_s + 1, before);
  EXPECT_LE(info.created_at_s, now_s());
}

// ------------------------------------------------------------------------------------------ ranges

TEST_P(BlobstoreConformance, RangesHaveBothEndsAndAreCut) {
  const auto container = create(*store, "c");
  put(*container, "o", "0123456789");
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

  EXPECT_EQ(get(*container, "o", {2, 4}), "234");
  EXPECT_EQ(get(*container, "o", {9, 9}), "9");
  EXPECT_EQ(get(*container, "o", {0, 9}), "0123456789");
  EXPECT_EQ(get(*container, "o", {3, 10}), "3456789");
  EXPECT_EQ(get(*container, "o", {3, most}), "3456789");
  EXPECT_EQ(get(*container, "o", {0, 0}), "0123456789");
  EXPECT_EQ(get(*container, "o", {3, 0}), "3456789");
}

TEST_P(BlobstoreConformance, RangesThatFitNothingAreErrors) {
  const auto container = create(*store, "c");
  put(*container, "o", "0123456789");
  put(*container, "empty", "");

  const auto backwards = now(container->read("o", {4, 2}));
  const auto behind = now(container->read("o", {10, 20}));

  EXPECT_EQ(kind(backwards), "invalid");
  EXPECT_EQ(backwards.error().message, "the range ends at byte 2, before it begins at 4");
  EXPECT_EQ(kind(behind), "invalid");
  EXPECT_EQ(behind.error().message, "the range begins at byte 10, but the object has 10 bytes");
  EXPECT_EQ(kind(now(container->read("empty", {1, 1}))), "invalid");
  EXPECT_EQ(get(*container, "empty", {0, 5}), "");
}

// ------------------------------------------------------------------------------------------- lists

TEST_P(BlobstoreConformance, ListsAreSortedAndComeInPieces) {
  const auto container = create(*store, "c");
  for (const char* name : {"b", "a/1", "c", "a", "B"}) put(*container, name, "");

  const auto listing = must(container->list());

  EXPECT_EQ(must(listing->next(2)), (vector<string>{"B", "a"}));
  EXPECT_EQ(must(listing->next(2)), (vector<string>{"a/1", "b"}));
  EXPECT_EQ(must(listing->next(2)), (vector<string>{"c"}));
  EXPECT_EQ(must(listing->next(2)), vector<string>());
}

TEST_P(BlobstoreConformance, ListsAreCompleteForWhatIsThereThroughout) {
  const auto container = create(*store, "c");
  vector<string> kept;
  for (int i = 100; i < 400; ++i) {
    put(*container, std::to_string(i), "");
    if (i % 2 == 0) kept.push_back(std::to_string(i));
  }

  const auto listing = must(container->list());
  vector<string> listed;
  for (int round = 0;; ++round) {
    const auto piece = must(listing->next(7));
    listed.insert(listed.end(), piece.begin(), piece.end());
    if (piece.size() < 7) break;
    must(container->remove({std::to_string(101 + 2 * round), std::to_string(399 - 2 * round)}));
    put(*container, "0" + std::to_string(round), "");
  }

  EXPECT_TRUE(std::ranges::is_sorted(listed));
  EXPECT_EQ(std::ranges::adjacent_find(listed), listed.end());
  EXPECT_TRUE(std::ranges::includes(listed, kept));
}

// ---------------------------------------------------------------------------------------- removing

TEST_P(BlobstoreConformance, ObjectsAreRemovedAndMissingOnesAreNoError) {
  const auto container = create(*store, "c");
  for (const char* name : {"a", "b", "c", "d"}) put(*container, name, name);

  must(container->remove({"a"}));
  must(container->remove({"missing", "c", "b"}));
  must(container->remove({}));

  EXPECT_EQ(names(*container), vector<string>{"d"});
}

TEST_P(BlobstoreConformance, AClearedContainerIsEmptyAndThere) {
  const auto container = create(*store, "c");
  for (const string& name : {string("a"), string("b/c"), string(500, 'x')})
    put(*container, name, "");

  must(container->clear());
  must(container->clear());

  EXPECT_EQ(names(*container), vector<string>());
  EXPECT_TRUE(must(store->exists("c")));
}

// ------------------------------------------------------------------------------------ copy and
// move

TEST_P(BlobstoreConformance, CopiesLeaveTheirSource) {
  const auto from = create(*store, "from");
  const auto to = create(*store, "to");
  const string content = counting(700'000);
  put(*from, "o", content);
  put(*to, "there", "old");

  must(store->copy({"from", "o"}, {"to", "there"}));
  must(store->copy({"from", "o"}, {"from", string(600, 'l')}));
  put(*from, "o", "changed");

  EXPECT_TRUE(get(*to, "there") == content);
  EXPECT_TRUE(get(*from, string(600, 'l')) == content);
}

TEST_P(BlobstoreConformance, MovesDoNot) {
  const auto from = create(*store, "from");
  const auto to = create(*store, "to");
  put(*from, "o", "content");
  put(*from, string(600, 's'), "long");
  put(*to, "there", "old");

  must(store->move({"from", "o"}, {"to", "there"}));
  must(store->move({"from", string(600, 's')}, {"to", "short"}));
  must(store->move({"to", "short"}, {"to", string(600, 'l')}));
  must(store->move({"to", string(600, 'l')}, {"from", string(600, 'l')}));

  EXPECT_EQ(names(*from), vector<string>{string(600, 'l')});
  EXPECT_EQ(names(*to), vector<string>{"there"});
  EXPECT_EQ(get(*to, "there"), "content");
  EXPECT_EQ(get(*from, string(600, 'l')), "long");
}

TEST_P(BlobstoreConformance, ToItselfAnObjectStays) {
  const auto container = create(*store, "c");
  put(*container, "o", "content");

  must(store->copy({"c", "o"}, {"c", "o"}));
  must(store->move({"c", "o"}, {"c", "o"}));

  EXPECT_EQ(get(*container, "o"), "content");
}

TEST_P(BlobstoreConformance, CopiesAndMovesOfWhatIsMissingAreErrors) {
  const auto container = create(*store, "c");
  put(*container, "o", "content");

  for (auto transfer : {&Store::copy, &Store::move}) {
    EXPECT_EQ(kind(now(((*store).*transfer)({"c", "x"}, {"c", "y"}))), "no_such_object");
    EXPECT_EQ(kind(now(((*store).*transfer)({"c", "x"}, {"c", "x"}))), "no_such_object");
    EXPECT_EQ(kind(now(((*store).*transfer)({"x", "o"}, {"c", "y"}))), "no_such_container");
    EXPECT_EQ(kind(now(((*store).*transfer)({"c", "o"}, {"x", "o"}))), "no_such_container");
    EXPECT_EQ(kind(now(((*store).*transfer)({"c", "o"}, {"c", ""}))), "invalid");
  }
  EXPECT_EQ(names(*container), vector<string>{"o"});
}

}  // namespace
}  // namespace capstan::blobstore
