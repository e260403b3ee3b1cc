#include <capstan/capability/blobstore/connect.h>

#include <capstan/capability/blobstore/conformance_testing.h>

#include <cstdlib>

namespace capstan::blobstore {
namespace {

std::string refusal(std::string_view address) {
  const auto url = Url::parse(address);
  if (!url) return url.error().message();
  const auto store = connect(*url);
  return store ? "connected" : store.error().message();
}

TEST(BlobstoreConnect, TakesAddressesWithTheirOptions) {
  const ScratchFolder scratch;

  EXPECT_EQ(refusal("memory"), "connected");
  EXPECT_EQ(refusal("memory?bytes=1MiB&objects=10&containers=2"), "connected");
  EXPECT_EQ(refusal("file:" + scratch.path().string() + "/c?sync=no&object-bytes=1KiB&open=3"),
            "connected");
  EXPECT_TRUE(std::filesystem::is_directory(scratch.path() / "c"));
}

TEST(BlobstoreConnect, SaysWhatIsWrongWithAnAddress) {
  EXPECT_EQ(refusal("redis://x"),
            "'redis://x' is no address of a blobstore: it can be memory or file:DIR");
  EXPECT_NE(refusal("memory?byte=1"), "connected");
  EXPECT_NE(refusal("memory?objects=many"), "connected");
  EXPECT_NE(refusal("file:/tmp?sync=maybe"), "connected");
  EXPECT_NE(refusal("file:/tmp?bytes=1"), "connected");
}

TEST(BlobstoreConnect, OptionsAreHeard) {
  const auto store = connect(Url::parse("memory?containers=1").value()).value();
  create(*store, "one");

  EXPECT_EQ(kind(now(store->create("two"))), "full");
}

TEST(BlobstoreConnect, TheEnvironmentSaysWhere) {
  const ScratchFolder scratch;
  ::unsetenv("BLOBSTORE_URL");
  ::unsetenv("FILESYSTEM_ROOT");
  EXPECT_TRUE(connect().has_value());

  ::setenv("FILESYSTEM_ROOT", scratch.path().c_str(), 1);
  create(*connect().value(), "c");
  EXPECT_TRUE(std::filesystem::is_directory(scratch.path() / "blobstore" / "c"));

  ::setenv("BLOBSTORE_URL", "memory?containers=1", 1);
  const auto store = connect().value();
  create(*store, "c");
  EXPECT_EQ(kind(now(store->create("d"))), "full");
  ::unsetenv("BLOBSTORE_URL");
  ::unsetenv("FILESYSTEM_ROOT");
}

}  // namespace
}  // namespace capstan::blobstore
