// Calls of real components into bundles in C++, C and Rust.
#include <capstan/bundle/bundle.h>

#include "bundle_guest.h"
#include "keyvalue_store.h"
#include "test_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <thread>

namespace capstan::bundle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Guest = guest_wit::test::bundles::BundleGuest;

constexpr std::string_view every_scenario_passes =
    "set and get: passed\nexists: passed\nlist keys: passed\n"
    "delete: passed\nduplicate set: passed\nclear: passed\n";

Engine& engine() {
  static Engine engine = Engine::create().value();
  return engine;
}

// What bundles say, in order.
struct Journal {
  std::mutex mutex;
  std::vector<std::string> lines;
};
// Owners: the test and the bundles, which may say something until they are unloaded.
Log log_into(const std::shared_ptr<Journal>& journal) {
  return [journal](LogLevel level, std::string_view bundle, std::string_view message) {
    const std::lock_guard lock(journal->mutex);
    EXPECT_EQ(level, bundle == "counter" ? LogLevel::debug : LogLevel::info);
    journal->lines.push_back(std::string(bundle) + ": " + std::string(message));
  };
}

Bundle open(const char* folder, OpenOptions options = {}) {
  auto bundle = Bundle::open(folder, std::move(options));
  if (!bundle) throw std::runtime_error(bundle.error().message());
  return *std::move(bundle);
}

// The guest of this folder with all its bundles.
struct World {
  explicit World(OpenOptions counter_options = {}, OpenOptions text_options = {})
      : component(engine().load_file(CAPSTAN_BUNDLE_GUEST).value()) {
    counter_options.log = log_into(journal);
    text_options.log = log_into(journal);
    Linker<> linker(engine());
    EXPECT_TRUE(open(CAPSTAN_COUNTER, std::move(counter_options)).add_to_linker(linker));
    EXPECT_TRUE(open(CAPSTAN_TEXT, std::move(text_options)).add_to_linker(linker));
    EXPECT_TRUE(open(CAPSTAN_SUMS).add_to_linker(linker));
    auto made = linker.prepare(component);
    if (!made) throw std::runtime_error(made.error().message());
    prepared.emplace(*std::move(made));
  }
  auto probe(Store<>& store) { return Guest::instantiate(store, *prepared).value().probe(); }

  std::shared_ptr<Journal> journal = std::make_shared<Journal>();
  Component component;
  std::optional<PreparedComponent<>> prepared;
};

std::string run_tests(Linker<>& linker) {
  auto component = engine().load_file(CAPSTAN_TEST_RUNNER).value();
  linker.add_wasi();
  auto prepared = linker.prepare(component);
  if (!prepared) return prepared.error().message();
  Store<> store;
  auto runner = test_wit::test::component::TestRunner::instantiate(store, *prepared).value();
  auto report = runner.test().run_tests();
  return report ? *report : report.error().message();
}

TEST(BundleCalls, TheAdapterGivesTheSameStaticallyAndAsABundle) {
  Linker<> with_class(engine());
  adapter::KeyValueStore keyvalue;
  ASSERT_TRUE(wit::keyvalue::store::store::add_to_linker(with_class, keyvalue));
  Linker<> with_bundle(engine());
  ASSERT_TRUE(open(CAPSTAN_KEYVALUE).add_to_linker(with_bundle));

  EXPECT_EQ(run_tests(with_class), every_scenario_passes);
  EXPECT_EQ(run_tests(with_bundle), every_scenario_passes);
}

TEST(BundleCalls, ABundleWithoutOptimisationAndWithAssertionsRunsUnderThisHost) {
  Linker<> linker(engine());
  ASSERT_TRUE(open(CAPSTAN_KEYVALUE_DEBUG).add_to_linker(linker));

  EXPECT_EQ(run_tests(linker), every_scenario_passes);
}

TEST(BundleCalls, StringsCrossToABundleInC) {
  World world;
  Store<> store;

  EXPECT_EQ(world.probe(store).upper("hello, W\xc3\xb6rld").value(), "HELLO, W\xc3\xb6RLD");
  EXPECT_EQ(world.probe(store).upper("").value(), "");
}

TEST(BundleCalls, ABundleReadsItsConfigurationAndLogs) {
  World world;
  Store<> store;

  EXPECT_EQ(world.probe(store).greeting().value().value(), "hello");
  EXPECT_THAT(world.journal->lines, ElementsAre("text: somebody was greeted"));
}

TEST(BundleCalls, TheEmbeddersConfigurationWinsOverTheManifest) {
  World world({}, {.name = "salute", .config = {{"greeting", "good morning"}}});
  Store<> store;

  EXPECT_EQ(world.probe(store).greeting().value().value(), "good morning");
  EXPECT_THAT(world.journal->lines, ElementsAre("salute: somebody was greeted"));
}

TEST(BundleCalls, ABundleInRustKeepsAStateForEachStore) {
  World world;
  Store<> one;
  Store<> other;
  auto probe = world.probe(one);

  EXPECT_EQ(probe.total(std::vector<std::uint32_t>{1, 2, 4'000'000'000}).value(), 4'000'000'003u);
  EXPECT_EQ(probe.total(std::vector<std::uint32_t>{7}).value(), 7u);
  EXPECT_EQ(probe.grand_total().value(), 4'000'000'010u);
  EXPECT_EQ(world.probe(other).grand_total().value(), 0u);
}

TEST(BundleCalls, ResourcesLiveInTheBundleUntilTheGuestDropsThem) {
  World world;
  Store<> store;

  EXPECT_EQ(world.probe(store).count(10, std::vector<std::uint32_t>{1, 2}).value(), 13u);
  EXPECT_THAT(world.journal->lines,
              ElementsAre("counter: a store begins", "counter: a counter ends at 13"));
}

TEST(BundleCalls, OwnedResourcesGoBackIntoTheBundle) {
  World world;
  Store<> store;

  EXPECT_EQ(world.probe(store).merge(30, 12).value(), 42u);
  EXPECT_EQ(world.probe(store).made().value(), 3u);
}

TEST(BundleCalls, WhatAGuestKeepsIsDestroyedBeforeTheStatesOfTheStore) {
  World world;
  {
    Store<> store;
    ASSERT_TRUE(world.probe(store).keep(2));
  }

  EXPECT_THAT(world.journal->lines,
              ElementsAre("counter: a store begins", "counter: a counter ends at 1",
                          "counter: a counter ends at 0", "counter: a store ends"));
}

TEST(BundleCalls, AFunctionThatWaitsSuspendsTheGuest) {
  World world;
  ASSERT_TRUE(world.prepared->may_suspend());
  Store<> store;
  auto probe = world.probe(store);

  auto task = probe.slow_sum_async(40, 2, 20);
  EXPECT_FALSE(task.poll(Waker()));

  EXPECT_EQ(block_on(std::move(task)).value(), 42u);
}

TEST(BundleCalls, ACallThatIsCancelledLeavesNothingBehind) {
  World world;
  {
    Store<> store;
    auto probe = world.probe(store);
    auto task = probe.slow_sum_async(1, 2, 60'000);
    EXPECT_FALSE(task.poll(Waker()));
  }

  EXPECT_THAT(world.journal->lines,
              ElementsAre("counter: a store begins", "counter: a counter ends at 2",
                          "counter: a counter ends at 1", "counter: a store ends"));
}

TEST(BundleCalls, AnExceptionInABundleIsATrap) {
  World world;
  Store<> store;

  const auto counted = world.probe(store).count(999, std::vector<std::uint32_t>{1, 1});

  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().code(), ErrorCode::host);
  EXPECT_THAT(counted.error().message(),
              HasSubstr("example:counter/counters@0.1.0#[method]counter.add threw: more than the "
                        "limit of 1000"));
}

TEST(BundleCalls, AStateThatCannotBeMadeFailsTheCall) {
  World world({.config = {{"limit", "lots"}}});
  Store<> store;

  const auto counted = world.probe(store).made();

  ASSERT_FALSE(counted);
  EXPECT_THAT(counted.error().message(), HasSubstr("'limit' must be a number, not 'lots'"));
}

TEST(BundleCalls, HandlesOfABundleCountForTheStoresLimit) {
  World world;
  Store<> store(NoState(), {.limits = {.handles = 10}});

  const auto kept = world.probe(store).keep(20);

  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code(), ErrorCode::limit) << kept.error().message();
}

TEST(BundleCalls, TheSameBundleLoadsTwiceWithTwoConfigurations) {
  World one({}, {.name = "a", .config = {{"greeting", "one"}}});
  World two({}, {.name = "b", .config = {{"greeting", "two"}}});
  Store<> store_one;
  Store<> store_two;

  EXPECT_EQ(two.probe(store_two).greeting().value().value(), "two");
  EXPECT_EQ(one.probe(store_one).greeting().value().value(), "one");
}

TEST(BundleCalls, TheFirstOfTwoInstancesMayGoWhileTheSecondWorks) {
  auto one = std::make_unique<World>();
  World two;
  one.reset();
  Store<> store;

  EXPECT_EQ(two.probe(store).merge(1, 2).value(), 3u);
}

TEST(BundleCalls, EverythingElseMayGoBeforeTheStore) {
  std::shared_ptr<Journal> journal;
  {
    Store<> store;
    {
      World world;
      journal = world.journal;
      auto probe = world.probe(store);
      world.prepared.reset();
      EXPECT_EQ(probe.merge(1, 2).value(), 3u);
    }
    EXPECT_EQ(journal->lines.back(), "counter: a counter ends at 3");
  }

  EXPECT_EQ(journal->lines.back(), "counter: a store ends");
}

TEST(BundleCalls, StoresOnDifferentThreadsUseOneBundle) {
  World world;
  std::vector<std::jthread> threads;
  for (std::uint32_t i = 0; i < 4; ++i)
    threads.emplace_back([&world, i] {
      for (std::uint32_t round = 0; round < 20; ++round) {
        Store<> store;
        EXPECT_EQ(world.probe(store).slow_sum(i, round, 1).value(), i + round);
        EXPECT_EQ(world.probe(store).made().value(), 2u);
      }
    });
}

}  // namespace
}  // namespace capstan::bundle
