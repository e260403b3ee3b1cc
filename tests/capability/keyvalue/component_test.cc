// Key-value storage as components use it: of both drafts, and with `async func`.
#include "component_testing.h"

#include <capstan/base/pool.h>
#include <capstan/capability/keyvalue/routed.h>
#include <capstan/capability/keyvalue/sqlite_testing.h>

#include <set>

namespace capstan::keyvalue {
namespace {

struct Kind {
  const char* name;
  const char* component;
  bool swaps;
};
constexpr Kind draft2 = {"Draft2", CAPSTAN_KEYVALUE_DRAFT2, true};
constexpr Kind draft = {"Draft", CAPSTAN_KEYVALUE_DRAFT, false};
constexpr Kind waiting = {"Async", CAPSTAN_KEYVALUE_ASYNC, true};

class KeyValueOfComponents : public testing::TestWithParam<Kind> {
 protected:
  const std::shared_ptr<Store> store_ = memory();
};
std::string kind_name(const testing::TestParamInfo<Kind>& kind) { return kind.param.name; }
INSTANTIATE_TEST_SUITE_P(Guest, KeyValueOfComponents, testing::Values(draft2, draft, waiting),
                         kind_name);

class SwapsOfComponents : public KeyValueOfComponents {};
INSTANTIATE_TEST_SUITE_P(Guest, SwapsOfComponents, testing::Values(draft2, waiting), kind_name);

TEST_P(KeyValueOfComponents, KeepsTheGuestsBytes) {
  Guest guest(GetParam().component, store_);

  EXPECT_EQ(guest.act("set", "k", "0068ff"), "ok");
  EXPECT_EQ(guest.act("set", "empty", ""), "ok");

  EXPECT_EQ(value_in(*store_, "k"), Bytes::copy_of(std::string_view("\0h\xff", 3)));
  EXPECT_EQ(value_in(*store_, "empty"), Bytes());
  EXPECT_EQ(guest.act("get", "k"), "some 0068ff");
  EXPECT_EQ(guest.act("get", "empty"), "some -");
  EXPECT_EQ(guest.act("get", "missing"), "none");
  EXPECT_EQ(guest.act("get", "k", "", "another bucket"), "none");
}

TEST_P(KeyValueOfComponents, SeesAndRemovesWhatTheHostStored) {
  Guest guest(GetParam().component, store_);
  block_on(open(*store_)->set("\u00fc", Bytes::copy_of("\x01"))).value();

  EXPECT_EQ(guest.act("exists", "\u00fc"), "yes");
  EXPECT_EQ(guest.act("get", "\u00fc"), "some 01");
  EXPECT_EQ(guest.act("delete", "\u00fc"), "ok");
  EXPECT_EQ(guest.act("delete", "\u00fc"), "ok");
  EXPECT_EQ(guest.act("exists", "\u00fc"), "no");
  EXPECT_EQ(value_in(*store_, "\u00fc"), std::nullopt);
}

TEST_P(KeyValueOfComponents, CountsInTheSameEightBytes) {
  Guest guest(GetParam().component, store_);

  EXPECT_EQ(guest.act("increment", "n", "258"), "258");
  EXPECT_EQ(guest.act("increment", "n", "1"), "259");

  EXPECT_EQ(block_on(open(*store_)->increment("n", 0)).value(), 259);
  EXPECT_EQ(guest.act("get", "n"), "some 0301000000000000");
  EXPECT_EQ(guest.act("increment", "n", "9223372036854775807"),
            "error: the counter is 259 and cannot take 9223372036854775807 more: a counter has 64 "
            "bits with its sign");
  EXPECT_EQ(guest.act("set", "word", "00"), "ok");
  EXPECT_EQ(guest.act("increment", "word", "1"),
            "error: the value has 1 bytes and is no counter: a counter has 8");
}

TEST_P(KeyValueOfComponents, ListsPageByPage) {
  std::vector<Entry> entries;
  for (int i = 0; i < 2500; ++i) entries.emplace_back("key " + std::to_string(i), Bytes());
  block_on(open(*store_)->set_many(entries)).value();
  Guest guest(GetParam().component, store_);

  std::set<std::string> keys;
  std::string cursor;
  int pages = 0;
  do {
    std::string listed = guest.act("list", "", cursor);
    const auto next = listed.find(" next ");
    cursor = next == std::string::npos ? "" : listed.substr(next + 6);
    listed = listed.substr(0, next) + ",";
    for (std::size_t begin = 0, end; begin < listed.size(); begin = end + 1) {
      end = listed.find(',', begin);
      EXPECT_TRUE(keys.insert(listed.substr(begin, end - begin)).second);
    }
  } while (!cursor.empty() && ++pages < 10);

  EXPECT_EQ(keys.size(), 2500u);
  EXPECT_EQ(pages, 2);
}

TEST_P(KeyValueOfComponents, RefusesUnknownCursors) {
  Guest guest(GetParam().component, store_);

  EXPECT_EQ(guest.act("list", "", "77").find("error: "), 0u);
  EXPECT_EQ(guest.act("list"), "");
}

TEST_P(KeyValueOfComponents, HandlesManyAtOnce) {
  Guest guest(GetParam().component, store_);

  EXPECT_EQ(guest.act("set-many", "a,b,c", "01,02,03"), "ok");
  EXPECT_EQ(guest.act("get-many", "c,missing,a,a"), "c=03,none,a=01,a=01");
  EXPECT_EQ(guest.act("delete-many", "a,missing,b"), "ok");

  EXPECT_EQ(value_in(*store_, "a"), std::nullopt);
  EXPECT_EQ(value_in(*store_, "c"), Bytes::copy_of("\x03"));
}

TEST_P(KeyValueOfComponents, ErrorsAreValuesOfTheInterface) {
  const auto names = std::make_shared<const capability::Names>(
      std::vector<capability::Placement>{{.label = "", .namespace_ = "shop"}},
      std::set<std::string, std::less<>>{"b"});
  Guest guest(GetParam().component, route(names, {store_}));
  const std::string long_key(key_bytes_max + 1, 'k');
  const std::string refused =
      "error: a key of 65537 bytes is too long: keys have at most 65536 bytes";

  EXPECT_EQ(guest.act("get", "k", "", "others"), "error: no-such-store");
  for (const char* what :
       {"get", "set", "delete", "exists", "increment", "get-many", "delete-many"})
    EXPECT_EQ(guest.act(what, long_key), refused) << what;
  EXPECT_EQ(guest.act("set-many", long_key, "00"), refused);
  EXPECT_EQ(guest.act("set", long_key.substr(1), "01"), "ok");
  EXPECT_EQ(block_on(open(*store_, "shop/b")->get(long_key.substr(1))).value(),
            Bytes::copy_of("\x01"));
}

TEST_P(KeyValueOfComponents, OpensABoundedNumberOfBuckets) {
  Guest guest(GetParam().component, store_, {.handles_max = 20});

  EXPECT_EQ(guest.act("hold"),
            "20 error: a component may have 20 buckets and looks open at once: drop those that are "
            "not needed");
}

TEST_P(KeyValueOfComponents, IsToldWhenTheStoreIsFull) {
  Guest guest(GetParam().component, connect_with(MemoryOptions{.keys_max = 2}).value());

  EXPECT_EQ(guest.act("set", "a", "01"), "ok");
  EXPECT_EQ(guest.act("set", "b", "01"), "ok");
  EXPECT_EQ(guest.act("set", "c", "01"),
            "error: the store is full: it holds at most 2 keys in memory");
  EXPECT_EQ(guest.act("set-many", "a,c", "02,02"),
            "error: the store is full: it holds at most 2 keys in memory");
  EXPECT_EQ(guest.act("get", "a"), "some 01");
}

// A file whose calls run on other threads: the guest waits, and its thread need not.
TEST_P(KeyValueOfComponents, WaitsForAStoreThatIsSlow) {
  SqliteOptions options{.sync = SqliteOptions::Sync::normal};
  options.pool = std::make_shared<BlockingPool>();
  const auto slow = fresh_sqlite(options);
  Guest guest(GetParam().component, slow);

  EXPECT_TRUE(guest.may_suspend());
  EXPECT_EQ(guest.act("set", "k", "0a0b"), "ok");
  EXPECT_EQ(guest.act("get", "k"), "some 0a0b");
  EXPECT_EQ(guest.act("increment", "n", "5"), "5");
  EXPECT_EQ(guest.act("set-many", "a,b", "01,02"), "ok");
  EXPECT_EQ(guest.act("get-many", "b,x,a"), "b=02,none,a=01");
  EXPECT_EQ(guest.act("list"), "a,b,k,n");
  if (GetParam().swaps) {
    EXPECT_EQ(guest.act("look", "k"), "some 0a0b");
    block_on(open(*slow)->set("k", Bytes::copy_of("\x0c"))).value();
    EXPECT_EQ(guest.act("swap", "", "0d"), "stale some 0c");
    EXPECT_EQ(guest.act("swap", "", "0d"), "ok");
  }
  EXPECT_EQ(block_on(open(*slow)->increment("n", 0)).value(), 5);
}

TEST(KeyValueOfOneComponent, NeedsNoStackOfItsOwnForMemory) {
  Guest guest(CAPSTAN_KEYVALUE_DRAFT2, memory());

  EXPECT_FALSE(guest.may_suspend());
}

TEST_P(SwapsOfComponents, SwapsWhatNobodyChanged) {
  Guest guest(GetParam().component, store_);
  EXPECT_EQ(guest.act("set", "k", "01"), "ok");

  EXPECT_EQ(guest.act("look", "k"), "some 01");
  EXPECT_EQ(guest.act("swap", "", "02"), "ok");
  EXPECT_EQ(guest.act("look", "new"), "none");
  EXPECT_EQ(guest.act("swap", "", "03"), "ok");

  EXPECT_EQ(value_in(*store_, "k"), Bytes::copy_of("\x02"));
  EXPECT_EQ(value_in(*store_, "new"), Bytes::copy_of("\x03"));
}

TEST_P(SwapsOfComponents, GetsAFreshLookWhenSomebodyDid) {
  Guest guest(GetParam().component, store_);
  EXPECT_EQ(guest.act("look", "k"), "none");
  block_on(open(*store_)->set("k", Bytes::copy_of("\x07"))).value();

  EXPECT_EQ(guest.act("swap", "", "02"), "stale some 07");
  EXPECT_EQ(value_in(*store_, "k"), Bytes::copy_of("\x07"));
  EXPECT_EQ(guest.act("swap", "", "02"), "ok");

  EXPECT_EQ(value_in(*store_, "k"), Bytes::copy_of("\x02"));
}

TEST_P(SwapsOfComponents, MayHoldSoMuchOfValuesInLooks) {
  Guest guest(GetParam().component, store_, {.seen_bytes_max = 1000});
  block_on(open(*store_)->set("large", std::vector<std::uint8_t>(900))).value();

  EXPECT_EQ(guest.act("look", "large").find("some "), 0u);
  EXPECT_EQ(guest.act("look", "large"),
            "error: looks of a component may hold 1000 bytes of values at once: drop those that "
            "are not needed");
}

}  // namespace
}  // namespace capstan::keyvalue
