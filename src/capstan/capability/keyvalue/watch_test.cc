#include <capstan/capability/keyvalue/watch.h>

#include <capstan/capability/keyvalue/conformance_testing.h>
#include <capstan/capability/keyvalue/memory.h>

namespace capstan::keyvalue {
namespace {

// Writes down what it hears.
class Listener final : public Observer {
 public:
  void on_set(const std::string& bucket, const std::string& key, const Bytes& value) override {
    heard.push_back(bucket + " set " + key + "=" + std::string(value.text()));
  }
  void on_delete(const std::string& bucket, const std::string& key) override {
    heard.push_back(bucket + " deleted " + key);
  }
  std::vector<std::string> heard;
};

class Watching : public testing::Test {
 protected:
  std::shared_ptr<Bucket> open(std::string name = "b") {
    return block_on(store_->open(std::move(name))).value();
  }
  using Heard = std::vector<std::string>;

  std::shared_ptr<Listener> listener_ = std::make_shared<Listener>();
  std::shared_ptr<Store> store_ =
      watching(connect_with(MemoryOptions{.keys_max = 4}).value(), {"b"}, listener_);
};

TEST_F(Watching, HearsNothingOfWhatChangesNothing) {
  now(open()->set("k", bytes("v")));
  const Observed seen = now(open()->observe("k"));
  now(open()->set("k", bytes("w")));
  listener_->heard.clear();

  now(open()->get("k"));
  now(open()->remove("missing"));
  now(open()->remove_many({"missing"}));
  EXPECT_FALSE(now(open()->insert("k", bytes("x"))));
  EXPECT_FALSE(now(open()->swap("k", seen, bytes("x"))));
  EXPECT_FALSE(block_on(open()->increment("k", 1)).has_value());
  std::vector<Entry> too_many;
  for (const char* key : {"1", "2", "3", "4", "5"}) too_many.emplace_back(key, Bytes());
  EXPECT_FALSE(block_on(open()->set_many(too_many)).has_value());
  now(open("others")->set("k", bytes("v")));

  EXPECT_EQ(listener_->heard, Heard());
}

TEST_F(Watching, HearsOfEveryChange) {
  now(open()->set("a", bytes("1")));
  now(open()->insert("b", bytes("2")));
  now(open()->swap("a", now(open()->observe("a")), bytes("3")));
  std::vector<Entry> entries;
  entries.emplace_back("c", bytes("4"));
  entries.emplace_back("a", bytes("5"));
  now(open()->set_many(entries));
  now(open()->remove("a"));
  now(open()->remove_many({"b", "missing"}));
  now(open()->clear());

  EXPECT_EQ(listener_->heard, (Heard{"b set a=1", "b set b=2", "b set a=3", "b set c=4",
                                     "b set a=5", "b deleted a", "b deleted b", "b deleted c"}));
}

TEST_F(Watching, HearsOfCountersAsTheirBytes) {
  now(open()->increment("n", 1));

  EXPECT_EQ(listener_->heard, Heard{std::string("b set n=\1\0\0\0\0\0\0\0", 16)});
}

}  // namespace
}  // namespace capstan::keyvalue
