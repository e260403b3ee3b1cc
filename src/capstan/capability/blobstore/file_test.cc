#include <capstan/capability/blobstore/file.h>

#include <capstan/capability/blobstore/conformance_testing.h>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace capstan::blobstore {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<Store> open(const fs::path& folder) {
  FileOptions options;
  options.folder = folder;
  options.sync = Sync::no;
  return connect_with(options).value();
}

std::shared_ptr<Store> make_file() {
  auto folder = std::make_shared<ScratchFolder>();
  return keeping(folder, open(folder->path()));
}
// The same with threads of its own, and every step on the disk.
std::shared_ptr<Store> make_pooled() {
  auto folder = std::make_shared<ScratchFolder>();
  FileOptions options;
  options.folder = folder->path();
  options.pool = std::make_shared<BlockingPool>();
  return keeping(folder, connect_with(options).value());
}
INSTANTIATE_TEST_SUITE_P(File, BlobstoreConformance, testing::Values(&make_file));
INSTANTIATE_TEST_SUITE_P(PooledFile, BlobstoreConformance, testing::Values(&make_pooled));

void write_file(const fs::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}
std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
std::size_t count(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(BlobstoreFile, ObjectsAreFilesWithTheirContent) {
  const ScratchFolder scratch;
  const auto store = open(scratch.path());

  put(*create(*store, "photos"), "2024/cat.jpg", "meow");

  EXPECT_EQ(read_file(scratch.path() / "photos" / "2024%2Fcat.jpg"), "meow");
  EXPECT_EQ(count(scratch.path() / ".tmp"), 0u);
}

TEST(BlobstoreFile, FilesOfOthersAreObjectsWhenTheirNamesCouldBe) {
  const ScratchFolder scratch;
  fs::create_directories(scratch.path() / "c" / "folder");
  write_file(scratch.path() / "c" / "note.txt", "hello");
  write_file(scratch.path() / "c" / "not escaped", "x");
  write_file(scratch.path() / "c" / ".hidden", "x");
  fs::create_symlink("/etc/passwd", scratch.path() / "c" / "link");

  const auto container = must(open(scratch.path())->get("c"));

  EXPECT_EQ(names(*container), std::vector<std::string>{"note.txt"});
  EXPECT_EQ(get(*container, "note.txt"), "hello");
  EXPECT_EQ(kind(now(container->read("folder", Range::all()))), "no_such_object");
  EXPECT_GT(must(container->info()).created_at_s, 0u);
}

TEST(BlobstoreFile, FollowsNoLink) {
  const ScratchFolder scratch;
  const ScratchFolder elsewhere;
  write_file(elsewhere.path() / "secret", "secret");
  const auto store = open(scratch.path());
  const auto container = create(*store, "c");
  fs::create_symlink(elsewhere.path() / "secret", scratch.path() / "c" / "link");
  fs::create_directory_symlink(elsewhere.path(), scratch.path() / "linked");

  EXPECT_FALSE(now(container->read("link", Range::all())).has_value());
  EXPECT_FALSE(now(store->get("linked")).has_value());
  put(*container, "link", "replaced");

  EXPECT_EQ(read_file(elsewhere.path() / "secret"), "secret");
  EXPECT_EQ(get(*container, "link"), "replaced");
}

TEST(BlobstoreFile, WhatACrashLeftGoesWithTheNextStart) {
  const ScratchFolder scratch;
  put(*create(*open(scratch.path()), "c"), "o", "content");
  const fs::path temporary = scratch.path() / ".tmp";
  write_file(temporary / "object-1", "half");
  fs::create_directory(temporary / "gone-1");
  write_file(temporary / "gone-1" / "o", "x");

  const auto store = open(scratch.path());

  EXPECT_EQ(count(temporary), 0u);
  EXPECT_EQ(get(*must(store->get("c")), "o"), "content");
}

TEST(BlobstoreFile, WhatIsBeingWrittenStays) {
  const ScratchFolder scratch;
  const auto store = open(scratch.path());
  const auto container = create(*store, "c");
  const auto writer = must(container->write("o"));
  must(writer->write(Bytes::copy_of("content")));

  const auto other = open(scratch.path());
  must(writer->commit());

  EXPECT_EQ(get(*must(other->get("c")), "o"), "content");
}

TEST(BlobstoreFile, LimitsTheSizeOfAnObjectAndWhatIsOpen) {
  const ScratchFolder scratch;
  FileOptions options;
  options.folder = scratch.path();
  options.object_bytes_max = 10;
  options.open_max = 2;
  const auto store = connect_with(options).value();
  const auto container = create(*store, "c");
  put(*container, "o", "0123456789");

  {
    const auto writer = must(container->write("p"));
    must(writer->write(Bytes::copy_of("0123456789")));
    EXPECT_EQ(now(writer->write(Bytes::copy_of("x"))).error().message,
              "cannot write object 'p': an object has at most 10 bytes");
    const auto reader = must(container->read("o", Range::all()));
    EXPECT_EQ(now(container->read("o", Range::all())).error().message,
              "2 objects are being read or written, as many as can be: end one first");
  }
  EXPECT_EQ(get(*container, "o"), "0123456789");
}

// What the disk says when it is full is said when a file may not grow, too.
TEST(BlobstoreFile, ADiskThatTakesNoMoreIsAnErrorAndLeavesNothing) {
  const ScratchFolder scratch;
  const auto store = open(scratch.path());
  const auto container = create(*store, "c");
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{100'000, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  {
    const auto writer = must(container->write("o"));
    const auto refused = now(writer->write(Bytes::copy_of(std::string(200'000, 'x'))));
    EXPECT_EQ(kind(refused), "full");
    EXPECT_EQ(refused.error().message, "cannot write object 'o': the file would be too large");
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, before);

  EXPECT_EQ(names(*container), std::vector<std::string>());
  EXPECT_EQ(count(scratch.path() / ".tmp"), 0u);
}

TEST(BlobstoreFile, SaysWhyAFolderCannotBeUsed) {
  const ScratchFolder scratch;
  write_file(scratch.path() / "file", "");
  FileOptions options;

  options.folder = scratch.path() / "file";
  EXPECT_EQ(connect_with(options).error().message(),
            "cannot keep objects in the folder '" + options.folder + "': Not a directory");
  options.folder = scratch.path() / "missing" / "folder";
  EXPECT_EQ(
      connect_with(options).error().message(),
      "cannot keep objects in the folder '" + options.folder + "': No such file or directory");
}

TEST(BlobstoreFile, IsFoundAgainByAnotherStore) {
  const ScratchFolder scratch;
  const std::string long_name(700, 'n');
  put(*create(*open(scratch.path()), "c/d"), long_name, "content");

  const auto again = must(open(scratch.path())->get("c/d"));

  EXPECT_EQ(names(*again), std::vector<std::string>{long_name});
  EXPECT_EQ(get(*again, long_name), "content");
}

}  // namespace
}  // namespace capstan::blobstore
