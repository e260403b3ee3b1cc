#include <capstan/capability/blobstore/body.h>

#include <capstan/capability/blobstore/conformance_testing.h>
#include <capstan/capability/blobstore/memory.h>

namespace capstan::blobstore {
namespace {

class BlobstoreBody : public testing::Test {
 protected:
  std::shared_ptr<Store> store = connect_with(MemoryOptions()).value();
  std::shared_ptr<Container> container = create(*store, "c");
  Body body;

  void write(std::string_view text) { must(body.write(Bytes::copy_of(text))); }
  Outcome<void> send_to(std::string name) {
    return now(body.send_to(must(container->write(std::move(name)))));
  }
};

TEST_F(BlobstoreBody, MayBeWrittenBeforeAndAfterItIsKnownWhereItGoes) {
  write("before ");
  ASSERT_TRUE(send_to("o"));
  write("after");
  EXPECT_FALSE(must(container->has("o")));
  must(body.finish());

  EXPECT_EQ(get(*container, "o"), "before after");
}

TEST_F(BlobstoreBody, WaitsInAFileWhenItIsLarge) {
  Body large(Spool::Options{.memory_bytes_max = 1000, .bytes_max = 1'000'000});
  std::string all;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece = std::to_string(i * i);
    must(large.write(Bytes::copy_of(piece)));
    all += piece;
  }

  must(large.send_to(must(container->write("o"))));
  must(large.finish());

  EXPECT_TRUE(get(*container, "o") == all);
}

TEST_F(BlobstoreBody, WaitsNotWithoutLimit) {
  Body small(Spool::Options{.memory_bytes_max = 10, .bytes_max = 20});
  must(small.write(Bytes::copy_of(std::string(15, 'x'))));

  const auto refused = now(small.write(Bytes::copy_of(std::string(6, 'x'))));

  EXPECT_EQ(refused.error().message,
            "cannot keep the value until it is known where it goes: at most 20 bytes can wait; "
            "call write-data before writing the body");
  EXPECT_EQ(now(small.send_to(must(container->write("o")))), refused);
  EXPECT_EQ(now(small.finish()), refused);
}

TEST_F(BlobstoreBody, GoesToOnePlaceOnly) {
  ASSERT_TRUE(send_to("o"));

  EXPECT_EQ(send_to("p").error().message, "write-data was called for this value before");
  must(body.finish());
  EXPECT_EQ(names(*container), std::vector<std::string>{"o"});
}

TEST_F(BlobstoreBody, GoesNowhereWhenNobodySaysWhere) {
  write("text");

  EXPECT_EQ(now(body.finish()).error().message,
            "the value was finished before write-data said where it goes");
}

TEST_F(BlobstoreBody, IsNothingWhenItIsGivenUp) {
  write("text");
  ASSERT_TRUE(send_to("o"));
  body.give_up();

  EXPECT_EQ(now(body.write(Bytes::copy_of("x"))).error().message, "the value was dropped");
  EXPECT_EQ(names(*container), std::vector<std::string>());
}

TEST_F(BlobstoreBody, TakesNoMoreWhenItIsFinished) {
  ASSERT_TRUE(send_to("o"));
  must(body.finish());

  EXPECT_EQ(now(body.write(Bytes::copy_of("x"))).error().message, "the value is finished already");
}

// A writer that waits for the test.
class SlowWriter final : public Writer {
 public:
  explicit SlowWriter(Completion<Outcome<void>> written) : written_(std::move(written)) {}
  Task<Outcome<void>> write(Bytes) override { return written_.wait(); }
  Task<Outcome<void>> commit() override { return Outcome<void>(); }

 private:
  Completion<Outcome<void>> written_;
};

TEST_F(BlobstoreBody, CannotBeFinishedWhileAWriteIsUnderWay) {
  Completion<Outcome<void>> written;
  must(body.send_to(std::make_unique<SlowWriter>(written)));
  auto writing = body.write(Bytes::copy_of("x"));
  EXPECT_FALSE(writing.poll({}));

  EXPECT_EQ(now(body.finish()).error().message,
            "the value's output-stream is still being written to: flush it, or drop it, first");
  written.complete(Outcome<void>());
  EXPECT_TRUE(writing.poll({}));
  must(body.finish());
}

TEST_F(BlobstoreBody, IsBrokenForGoodByAWriteThatFailed) {
  Completion<Outcome<void>> written;
  const Outcome<void> failure = std::unexpected(Error(ErrorKind::full, "no room"));
  written.complete(failure);
  must(body.send_to(std::make_unique<SlowWriter>(written)));

  EXPECT_EQ(now(body.write(Bytes::copy_of("x"))), failure);
  EXPECT_EQ(now(body.finish()), failure);
}

}  // namespace
}  // namespace capstan::blobstore
