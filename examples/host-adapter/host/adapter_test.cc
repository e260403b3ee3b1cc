// The adapter by itself, and through a component.
#include "keyvalue_store.h"
#include "test_runner.h"

#include <gtest/gtest.h>

namespace {

using adapter::KeyValueStore;

TEST(HostAdapter, basic_operations) {
  KeyValueStore store;

  EXPECT_TRUE(store.set("key1", "value1").has_value());
  EXPECT_EQ(store.get("key1"), "value1");
  EXPECT_TRUE(store.exists("key1"));
  EXPECT_EQ(store.list_keys(), std::vector<std::string>{"key1"});
  EXPECT_TRUE(store.delete_("key1").has_value());

  EXPECT_FALSE(store.exists("key1"));
  EXPECT_EQ(store.get("key1"), std::nullopt);
}

TEST(HostAdapter, delete_nonexistent) {
  KeyValueStore store;

  const auto deleted = store.delete_("missing");

  ASSERT_FALSE(deleted.has_value());
  EXPECT_EQ(deleted.error(), "Key 'missing' not found");
}

TEST(HostAdapter, duplicate_key) {
  KeyValueStore store;
  ASSERT_TRUE(store.set("key1", "first").has_value());

  const auto again = store.set("key1", "second");

  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error(), "Key 'key1' already exists");
  EXPECT_EQ(store.get("key1"), "first");
}

TEST(HostAdapter, test_component_passes_every_scenario) {
  auto engine = capstan::Engine::create().value();
  auto component = engine.load_file(TEST_COMPONENT).value();
  KeyValueStore keyvalue;
  capstan::Linker linker(engine);
  linker.add_wasi();
  ASSERT_TRUE(wit::keyvalue::store::store::add_to_linker(linker, keyvalue).has_value());
  auto prepared = linker.prepare(component).value();
  capstan::Store store;
  auto runner = test_wit::test::component::TestRunner::instantiate(store, prepared).value();

  const auto report = runner.test().run_tests();

  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_EQ(*report,
            "set and get: passed\nexists: passed\nlist keys: passed\n"
            "delete: passed\nduplicate set: passed\nclear: passed\n");
  EXPECT_TRUE(keyvalue.list_keys().empty());
}

}  // namespace
