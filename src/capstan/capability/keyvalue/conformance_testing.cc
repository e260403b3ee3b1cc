#include <capstan/capability/keyvalue/conformance_testing.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace capstan::keyvalue {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KeyValueConformance);

std::vector<std::string> all_keys(Bucket& bucket) {
  constexpr int pages_most = 10'000;
  std::vector<std::string> keys;
  std::optional<std::string> cursor;
  for (int pages = 0; pages < pages_most; ++pages) {
    Page page = now(bucket.list(cursor));
    EXPECT_LE(page.keys.size(), page_keys_max);
    keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    if (!page.next) return keys;
    cursor = std::move(page.next);
  }
  ADD_FAILURE() << "the pages have no end";
  return keys;
}

namespace {

std::vector<std::string> sorted(std::vector<std::string> keys) {
  std::ranges::sort(keys);
  return keys;
}

std::string numbered(int i) { return "key " + std::to_string(i); }

std::vector<Entry> numbered_entries(int from, int to) {
  std::vector<Entry> entries;
  for (int i = from; i < to; ++i) entries.emplace_back(numbered(i), bytes("v"));
  return entries;
}

constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

TEST_P(KeyValueConformance, GivesNothingForAKeyThatWasNeverSet) {
  const auto bucket = open();

  EXPECT_EQ(now(bucket->get("missing")), std::nullopt);
  EXPECT_FALSE(now(bucket->exists("missing")));
  EXPECT_FALSE(now(bucket->remove("missing")));
  EXPECT_TRUE(all_keys(*bucket).empty());
}

TEST_P(KeyValueConformance, GivesBackWhatWasSetLast) {
  const auto bucket = open();
  now(bucket->set("k", bytes("first")));
  now(bucket->set("k", bytes("second")));

  EXPECT_EQ(now(bucket->get("k")), bytes("second"));
  EXPECT_TRUE(now(bucket->exists("k")));
  EXPECT_EQ(all_keys(*bucket), std::vector<std::string>{"k"});
}

TEST_P(KeyValueConformance, SaysWhetherARemovedKeyWasThere) {
  const auto bucket = open();
  now(bucket->set("k", bytes("v")));

  EXPECT_TRUE(now(bucket->remove("k")));
  EXPECT_FALSE(now(bucket->remove("k")));
  EXPECT_EQ(now(bucket->get("k")), std::nullopt);
}

TEST_P(KeyValueConformance, InsertsOnlyNewKeys) {
  const auto bucket = open();

  EXPECT_TRUE(now(bucket->insert("k", bytes("first"))));
  EXPECT_FALSE(now(bucket->insert("k", bytes("second"))));

  EXPECT_EQ(now(bucket->get("k")), bytes("first"));
}

TEST_P(KeyValueConformance, KeepsBytesOfAllKindsAndLengths) {
  const auto bucket = open();
  std::vector<std::uint8_t> every;
  for (int i = 0; i < 256; ++i) every.push_back(static_cast<std::uint8_t>(i));
  std::vector<std::uint8_t> mebibyte(std::size_t{1} << 20);
  for (std::size_t i = 0; i < mebibyte.size(); ++i)
    mebibyte[i] = static_cast<std::uint8_t>(i * 31 + i / 251);

  now(bucket->set("none", Bytes()));
  now(bucket->set("every", every));
  now(bucket->set("1 MiB", mebibyte));
  now(bucket->set("NUL", bytes(std::string_view("\0", 1))));

  EXPECT_EQ(now(bucket->get("none")), Bytes());
  EXPECT_TRUE(now(bucket->exists("none")));
  EXPECT_EQ(now(bucket->get("every")), Bytes(every));
  EXPECT_EQ(now(bucket->get("1 MiB")), Bytes(mebibyte));
  EXPECT_EQ(now(bucket->get("NUL")), bytes(std::string_view("\0", 1)));
}

TEST_P(KeyValueConformance, TakesKeysOfAllKinds) {
  const auto bucket = open();
  const std::vector<std::string> keys = {
      "",
      " ",
      "a",
      "A",
      std::string("a\0b", 3),
      std::string("\0", 1),
      "a/b/../c",
      "/",
      "*",
      "a*?[b]\\",
      "%00",
      "after:",
      "{bucket}:key",
      "'; DROP TABLE keys; --",
      "\n\t\x7f",
      "\u00e9\u00df\u4e2d\u6587\U0001F600",
      std::string(key_bytes_max, 'k'),
  };
  for (std::size_t i = 0; i < keys.size(); ++i) now(bucket->set(keys[i], bytes(std::to_string(i))));

  for (std::size_t i = 0; i < keys.size(); ++i)
    EXPECT_EQ(now(bucket->get(keys[i])), bytes(std::to_string(i))) << keys[i];
  EXPECT_EQ(sorted(all_keys(*bucket)), sorted(keys));
  for (const std::string& key : keys) EXPECT_TRUE(now(bucket->remove(key))) << key;
  EXPECT_TRUE(all_keys(*bucket).empty());
}

TEST(KeyValueKeys, AreRefusedWhenTheyAreTooLong) {
  EXPECT_TRUE(check_key(std::string(key_bytes_max, 'k')).has_value());

  const auto checked = check_key(std::string(key_bytes_max + 1, 'k'));

  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().kind, ErrorKind::other);
  EXPECT_EQ(checked.error().message,
            "a key of 65537 bytes is too long: keys have at most 65536 bytes");
}

TEST_P(KeyValueConformance, KeepsBucketsApartWhateverTheirNames) {
  const std::vector<std::string> names = {"", "a", "a/b", "a:", "a:b", "\u00e9", "*"};
  for (const std::string& name : names) now(open(name)->set("b:k", bytes("of " + name)));

  for (const std::string& name : names) {
    EXPECT_EQ(now(open(name)->get("b:k")), bytes("of " + name));
    EXPECT_EQ(now(open(name)->get("k")), std::nullopt) << name;
    EXPECT_EQ(all_keys(*open(name)), std::vector<std::string>{"b:k"}) << name;
  }
  now(open("a")->clear());
  EXPECT_TRUE(all_keys(*open("a")).empty());
  EXPECT_EQ(now(open("a:b")->get("b:k")), bytes("of a:b"));
}

TEST_P(KeyValueConformance, KeepsContentsBetweenHandles) {
  now(open()->set("k", bytes("v")));

  EXPECT_EQ(now(open()->get("k")), bytes("v"));
}

TEST_P(KeyValueConformance, ListsInAnOrderThatStaysTheSame) {
  const auto bucket = open();
  now(bucket->set_many(numbered_entries(0, 1500)));

  const auto once = all_keys(*bucket);
  const auto again = all_keys(*bucket);

  EXPECT_EQ(once.size(), 1500u);
  EXPECT_EQ(once, again);
}

TEST_P(KeyValueConformance, ListsKeysThatStayOnceWhileOthersComeAndGo) {
  const auto bucket = open();
  now(bucket->set_many(numbered_entries(0, 2500)));
  for (int i = 10'000; i < 10'500; ++i) now(bucket->set(numbered(i), bytes("goes")));

  std::map<std::string, int> seen;
  std::optional<std::string> cursor;
  int round = 0;
  do {
    Page page = now(bucket->list(cursor));
    EXPECT_LE(page.keys.size(), page_keys_max);
    for (const std::string& key : page.keys) ++seen[key];
    cursor = std::move(page.next);
    for (int i = 0; i < 100; ++i) {
      now(bucket->remove(numbered(10'000 + round * 100 + i)));
      now(bucket->set("new " + std::to_string(round * 100 + i), bytes("comes")));
    }
    now(bucket->set(numbered(round), bytes("changed")));
  } while (cursor && ++round < 50);

  EXPECT_FALSE(cursor.has_value());
  for (int i = 0; i < 2500; ++i) EXPECT_EQ(seen[numbered(i)], 1) << numbered(i);
}

TEST_P(KeyValueConformance, RefusesACursorThatNeverWasOne) {
  const auto bucket = open();
  now(bucket->set("k", bytes("v")));

  const auto listed = block_on(bucket->list("no cursor"));

  ASSERT_FALSE(listed.has_value());
  EXPECT_EQ(listed.error().kind, ErrorKind::other);
  EXPECT_EQ(listed.error().message,
            "'no cursor' is no cursor of this bucket: list again from the start");
}

TEST_P(KeyValueConformance, ClearsAllKeys) {
  const auto bucket = open();
  now(bucket->set_many(numbered_entries(0, 1200)));

  now(bucket->clear());

  EXPECT_TRUE(all_keys(*bucket).empty());
  EXPECT_EQ(now(bucket->get(numbered(7))), std::nullopt);
  now(bucket->set("k", bytes("v")));
  EXPECT_EQ(all_keys(*bucket), std::vector<std::string>{"k"});
}

TEST_P(KeyValueConformance, CountsFromZeroUpAndDown) {
  const auto bucket = open();

  EXPECT_EQ(now(bucket->increment("n", 0)), 0);
  EXPECT_EQ(now(bucket->increment("n", 5)), 5);
  EXPECT_EQ(now(bucket->increment("n", -7)), -2);
  EXPECT_EQ(now(bucket->increment("n", greatest)), greatest - 2);
  EXPECT_EQ(now(bucket->increment("m", least)), least);
}

TEST_P(KeyValueConformance, CountersAreEightLittleEndianBytes) {
  const auto bucket = open();
  EXPECT_EQ(now(bucket->increment("n", 0x0102)), 0x0102);
  EXPECT_EQ(now(bucket->increment("minus", -2)), -2);
  now(bucket->set("made", bytes(std::string_view("\x0a\0\0\0\0\0\0\0", 8))));

  EXPECT_EQ(now(bucket->get("n")), bytes(std::string_view("\x02\x01\0\0\0\0\0\0", 8)));
  EXPECT_EQ(now(bucket->get("minus")), bytes("\xfe\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_EQ(now(bucket->increment("made", 1)), 11);
  EXPECT_EQ(all_keys(*bucket).size(), 3u);
}

TEST_P(KeyValueConformance, RefusesSumsBeyondTheCounterAndLeavesItAlone) {
  const auto bucket = open();
  now(bucket->increment("high", greatest));
  now(bucket->increment("low", least));

  const auto above = block_on(bucket->increment("high", 1));
  const auto below = block_on(bucket->increment("low", -1));

  ASSERT_FALSE(above.has_value());
  ASSERT_FALSE(below.has_value());
  EXPECT_EQ(above.error().kind, ErrorKind::other);
  EXPECT_NE(above.error().message.find("the counter is 9223372036854775807 and cannot take 1 more"),
            std::string::npos)
      << above.error().message;
  EXPECT_NE(
      below.error().message.find("the counter is -9223372036854775808 and cannot take -1 more"),
      std::string::npos)
      << below.error().message;
  EXPECT_EQ(now(bucket->increment("high", 0)), greatest);
  EXPECT_EQ(now(bucket->increment("low", 0)), least);
}

TEST_P(KeyValueConformance, RefusesToCountInAValueThatIsNoCounter) {
  const auto bucket = open();
  for (const char* value : {"", "5", "1234567", "123456789"}) {
    now(bucket->set("k", bytes(value)));

    const auto sum = block_on(bucket->increment("k", 1));

    ASSERT_FALSE(sum.has_value()) << value;
    EXPECT_NE(sum.error().message.find("is no counter"), std::string::npos) << sum.error().message;
    EXPECT_EQ(now(bucket->get("k")), bytes(value));
  }
}

TEST_P(KeyValueConformance, SwapsWhatIsAsItWasObserved) {
  const auto bucket = open();
  now(bucket->set("k", bytes("old")));
  const Observed seen = now(bucket->observe("k"));
  const Observed absent = now(bucket->observe("new"));
  now(bucket->set("another", bytes("changes nothing")));

  EXPECT_EQ(seen.value, bytes("old"));
  EXPECT_EQ(absent.value, std::nullopt);
  EXPECT_TRUE(now(bucket->swap("k", seen, bytes("swapped"))));
  EXPECT_TRUE(now(bucket->swap("new", absent, bytes("made"))));
  EXPECT_EQ(now(bucket->get("k")), bytes("swapped"));
  EXPECT_EQ(now(bucket->get("new")), bytes("made"));
}

TEST_P(KeyValueConformance, SwapsNothingThatHasChanged) {
  const auto bucket = open();
  for (const char* key : {"set", "removed", "swapped", "counted"})
    now(bucket->set(key, bytes(std::string_view("\0\0\0\0\0\0\0\0", 8))));
  std::map<std::string, Observed> seen;
  for (const char* key : {"set", "removed", "swapped", "counted", "made"})
    seen[key] = now(bucket->observe(key));
  now(bucket->set("set", bytes("by another")));
  now(bucket->remove("removed"));
  EXPECT_TRUE(now(bucket->swap("swapped", seen["swapped"], bytes("by another"))));
  now(bucket->increment("counted", 1));
  now(bucket->set("made", bytes("by another")));

  for (const auto& [key, observed] : seen)
    EXPECT_FALSE(now(bucket->swap(key, observed, bytes("mine")))) << key;

  EXPECT_EQ(now(bucket->get("set")), bytes("by another"));
  EXPECT_EQ(now(bucket->get("removed")), std::nullopt);
  EXPECT_EQ(now(bucket->get("swapped")), bytes("by another"));
  EXPECT_EQ(now(bucket->increment("counted", 0)), 1);
  EXPECT_EQ(now(bucket->get("made")), bytes("by another"));
}

TEST_P(KeyValueConformance, NoticesChangesBackToTheSameValueWhereItHasRevisions) {
  const auto bucket = open();
  now(bucket->set("k", bytes("a")));
  now(bucket->set("l", bytes("a")));
  const Observed seen = now(bucket->observe("k"));
  const Observed seen_l = now(bucket->observe("l"));
  if (seen.revision.empty()) return;  // compares values, as keyvalue.h allows
  now(bucket->set("k", bytes("b")));
  now(bucket->set("k", bytes("a")));
  now(bucket->remove("l"));
  now(bucket->set("l", bytes("a")));

  EXPECT_FALSE(now(bucket->swap("k", seen, bytes("mine"))));
  EXPECT_FALSE(now(bucket->swap("l", seen_l, bytes("mine"))));

  const Observed again = now(bucket->observe("k"));
  EXPECT_TRUE(now(bucket->swap("k", again, bytes("mine"))));
}

TEST_P(KeyValueConformance, GetsManyInTheirOrderWithGapsForMissingOnes) {
  const auto bucket = open();
  now(bucket->set("a", bytes("1")));
  now(bucket->set("b", Bytes()));

  const auto values = now(bucket->get_many({"b", "missing", "a", "a"}));

  ASSERT_EQ(values.size(), 4u);
  EXPECT_EQ(values[0], Bytes());
  EXPECT_EQ(values[1], std::nullopt);
  EXPECT_EQ(values[2], bytes("1"));
  EXPECT_EQ(values[3], bytes("1"));
  EXPECT_TRUE(now(bucket->get_many({})).empty());
}

TEST_P(KeyValueConformance, SetsManyOfWhichTheLastOfOneKeyCounts) {
  const auto bucket = open();
  now(bucket->set("a", bytes("before")));
  std::vector<Entry> entries;
  entries.emplace_back("a", bytes("1"));
  entries.emplace_back("b", bytes("2"));
  entries.emplace_back("a", bytes("3"));

  now(bucket->set_many(entries));
  now(bucket->set_many({}));

  EXPECT_EQ(now(bucket->get("a")), bytes("3"));
  EXPECT_EQ(now(bucket->get("b")), bytes("2"));
  EXPECT_EQ(all_keys(*bucket).size(), 2u);
}

TEST_P(KeyValueConformance, RemovesManyAndDoesNotMindMissingOnes) {
  const auto bucket = open();
  for (const char* key : {"a", "b", "c"}) now(bucket->set(key, bytes("v")));

  now(bucket->remove_many({"a", "missing", "c", "a"}));
  now(bucket->remove_many({}));

  EXPECT_EQ(all_keys(*bucket), std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace capstan::keyvalue
