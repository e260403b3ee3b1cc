// Components that export wasi:keyvalue/watcher hear of changes.
#include "component_testing.h"

#include <capstan/capability/keyvalue/bind_watcher.h>
#include <capstan/capability/keyvalue/watch.h>

namespace capstan::keyvalue {
namespace {

class WatchingComponents : public testing::TestWithParam<const char*> {
 protected:
  const std::shared_ptr<Store> store_ = memory();
  Guest guest_{GetParam(), store_};
};
INSTANTIATE_TEST_SUITE_P(Guest, WatchingComponents,
                         testing::Values(CAPSTAN_KEYVALUE_WATCH_DRAFT2,
                                         CAPSTAN_KEYVALUE_WATCH_DRAFT));

TEST_P(WatchingComponents, AreToldOfChangesAndGivenTheBucket) {
  auto watcher = Watcher::bind(guest_.instance()).value();

  EXPECT_TRUE(block_on(watcher.on_set(open(*store_), "k", Bytes::copy_of("v"))).has_value());
  EXPECT_TRUE(block_on(watcher.on_delete(open(*store_), "gone")).has_value());

  EXPECT_EQ(value_in(*store_, "set k"), Bytes::copy_of("v"));
  EXPECT_EQ(value_in(*store_, "deleted gone"), Bytes());
}

TEST_P(WatchingComponents, MayTrap) {
  auto watcher = Watcher::bind(guest_.instance()).value();

  const auto told = block_on(watcher.on_set(open(*store_), "trap", Bytes()));

  ASSERT_FALSE(told.has_value());
  EXPECT_EQ(told.error().code(), ErrorCode::trap);
}

// All of it: what one component changes, another hears of.
TEST_P(WatchingComponents, HearOfWhatAnotherComponentDoes) {
  class Teller final : public Observer {
   public:
    Teller(Watcher watcher, std::shared_ptr<Store> store)
        : watcher_(std::move(watcher)), store_(std::move(store)) {}
    void on_set(const std::string& bucket, const std::string& key, const Bytes& value) override {
      EXPECT_TRUE(block_on(watcher_.on_set(open(*store_, bucket), key, value)).has_value());
    }
    void on_delete(const std::string& bucket, const std::string& key) override {
      EXPECT_TRUE(block_on(watcher_.on_delete(open(*store_, bucket), key)).has_value());
    }

   private:
    Watcher watcher_;
    std::shared_ptr<Store> store_;
  };
  auto teller = std::make_shared<Teller>(Watcher::bind(guest_.instance()).value(), store_);
  Guest other(CAPSTAN_KEYVALUE_DRAFT2, watching(store_, {"b"}, teller));

  EXPECT_EQ(other.act("set", "k", "01"), "ok");
  EXPECT_EQ(other.act("increment", "n", "2"), "2");
  EXPECT_EQ(other.act("delete", "k"), "ok");
  EXPECT_EQ(other.act("delete", "missing"), "ok");
  EXPECT_EQ(other.act("set", "k", "01", "not watched"), "ok");

  EXPECT_EQ(block_on(open(*store_)->list(std::nullopt)).value().keys,
            (std::vector<std::string>{"deleted k", "n", "set k", "set n"}));
  EXPECT_EQ(block_on(open(*store_, "not watched")->list(std::nullopt)).value().keys,
            std::vector<std::string>{"k"});
}

TEST(Watcher, IsNoComponentWithoutTheExport) {
  Guest guest(CAPSTAN_KEYVALUE_DRAFT2, memory());

  const auto bound = Watcher::bind(guest.instance());

  ASSERT_FALSE(bound.has_value());
  EXPECT_NE(bound.error().message().find("wasi:keyvalue/watcher@0.2.0-draft2"), std::string::npos)
      << bound.error().message();
}

}  // namespace
}  // namespace capstan::keyvalue
