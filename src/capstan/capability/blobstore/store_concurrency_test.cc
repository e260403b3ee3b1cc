// Many threads at one store: what is read is one of the objects that were written, whole.
#include <capstan/capability/blobstore/conformance_testing.h>
#include <capstan/capability/blobstore/file.h>
#include <capstan/capability/blobstore/memory.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace capstan::blobstore {
namespace {

class BlobstoreThreads : public testing::TestWithParam<Factory> {};

std::shared_ptr<Store> make_memory() { return connect_with(MemoryOptions()).value(); }
std::shared_ptr<Store> make_file() {
  auto folder = std::make_shared<ScratchFolder>();
  FileOptions options;
  options.folder = folder->path();
  options.sync = Sync::no;
  options.pool = std::make_shared<BlockingPool>();
  return keeping(folder, connect_with(options).value());
}
INSTANTIATE_TEST_SUITE_P(Stores, BlobstoreThreads, testing::Values(&make_memory, &make_file));

TEST_P(BlobstoreThreads, AReplacedObjectIsAlwaysWhole) {
  const auto store = GetParam()();
  const auto container = create(*store, "c");
  put(*container, "o", std::string(5000, 'a'));
  std::atomic<int> torn = 0;

  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int round = 0; round < 50; ++round) {
          const char letter = static_cast<char>('a' + thread);
          if (thread % 2 == 0) put(*container, "o", std::string(5000u + 100u * letter, letter));
          const std::string found = get(*container, "o");
          if (found.empty() || std::ranges::count(found, found[0]) != std::ssize(found)) ++torn;
          (void)names(*container);
        }
      });
    }
  }

  EXPECT_EQ(torn, 0);
  EXPECT_EQ(names(*container), std::vector<std::string>{"o"});
}

TEST_P(BlobstoreThreads, EveryThreadsObjectsAreThere) {
  const auto store = GetParam()();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        const auto container = create(*store, "shared");
        for (int i = 0; i < 30; ++i) {
          const std::string name = std::to_string(100 * thread + i);
          put(*container, name, name);
          must(store->copy({"shared", name}, {"shared", "copy of " + name}));
          must(store->move({"shared", "copy of " + name}, {"shared", "moved " + name}));
          if (i % 3 == 0) must(container->remove({name}));
        }
      });
    }
  }

  const auto container = must(store->get("shared"));
  EXPECT_EQ(names(*container).size(), 8u * (30 + 20));
}

}  // namespace
}  // namespace capstan::blobstore
