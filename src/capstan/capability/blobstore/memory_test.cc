#include <capstan/capability/blobstore/memory.h>

#include <capstan/capability/blobstore/conformance_testing.h>

namespace capstan::blobstore {
namespace {

std::shared_ptr<Store> make(const MemoryOptions& options = {}) {
  return connect_with(options).value();
}

std::shared_ptr<Store> make_memory() { return make(); }
INSTANTIATE_TEST_SUITE_P(Memory, BlobstoreConformance, testing::Values(&make_memory));

TEST(BlobstoreMemory, RefusesMoreThanItsLimitAlsoOfWhatIsNotCommitted) {
  const auto store = make({.bytes_max = 10'000});
  const auto container = create(*store, "c");
  const auto writer = must(container->write("o"));
  must(writer->write(Bytes::copy_of(std::string(6000, 'x'))));
  const auto other = must(container->write("p"));

  const auto refused = now(other->write(Bytes::copy_of(std::string(6000, 'x'))));

  EXPECT_EQ(kind(refused), "full");
  EXPECT_EQ(refused.error().message,
            "the blobstore is full: it holds at most 10000 bytes in memory");
}

TEST(BlobstoreMemory, CountsWhatGoes) {
  const auto store = make({.bytes_max = 10'000});
  const auto container = create(*store, "c");

  for (int round = 0; round < 10; ++round) {
    put(*container, "replaced", std::string(4000, 'x'));
    put(*container, "removed", std::string(1000, 'x'));
    must(container->remove({"removed"}));
    must(must(container->write("given up"))->write(Bytes::copy_of(std::string(4000, 'x'))));
    put(*create(*store, "gone"), "o", std::string(3000, 'x'));
    must(store->remove("gone"));
  }
  must(container->clear());

  put(*container, "o", std::string(9000, 'x'));
}

TEST(BlobstoreMemory, AReaderKeepsItsRoom) {
  const auto store = make({.bytes_max = 10'000});
  const auto container = create(*store, "c");
  put(*container, "o", std::string(6000, 'x'));
  auto reader = must(container->read("o", Range::all()));
  must(container->remove({"o"}));

  EXPECT_EQ(kind(now(must(container->write("p"))->write(Bytes::copy_of(std::string(6000, 'x'))))),
            "full");
  reader.reset();
  put(*container, "p", std::string(6000, 'x'));
}

TEST(BlobstoreMemory, LimitsObjectsAndContainers) {
  const auto store = make({.objects_max = 2, .containers_max = 1});
  const auto container = create(*store, "c");
  put(*container, "a", "");
  put(*container, "b", "");

  const auto third = must(container->write("c"));
  EXPECT_EQ(kind(now(third->commit())), "full");
  EXPECT_EQ(now(store->create("d")).error().message,
            "the blobstore is full: it holds at most 1 containers in memory");
  put(*container, "a", "replaced");
  EXPECT_EQ(now(store->copy({"c", "a"}, {"c", "d"})).error().message,
            "the blobstore is full: it holds at most 2 objects in memory");
}

TEST(BlobstoreMemory, WholePiecesAreSharedAndNotCopied) {
  const auto store = make();
  const auto container = create(*store, "c");
  const Bytes piece = Bytes::copy_of(std::string(64 * 1024, 'x'));
  const auto writer = must(container->write("o"));
  must(writer->write(piece));
  must(writer->commit());

  const auto reader = must(container->read("o", Range::all()));

  EXPECT_EQ(must(reader->read(64 * 1024)).data(), piece.data());
}

}  // namespace
}  // namespace capstan::blobstore
