#include <capstan/capability/vault/memory.h>

#include <capstan/capability/vault/conformance_testing.h>
#include <capstan/capability/vault/connect.h>
#include <capstan/capability/vault/routed.h>

namespace capstan::vault {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Memory, VaultConformance,
    testing::Values(VaultBackend{
        .name = "memory",
        .make = [](const Limits& limits) { return connect_with(MemoryOptions{limits}).value(); }}),
    testing::PrintToStringParamName());

std::shared_ptr<Store> connect_to(std::string_view address) {
  return connect(Url::parse(address).value()).value();
}
std::string refused(std::string_view address) {
  const auto store = connect(Url::parse(address).value());
  return store ? "accepted" : store.error().message();
}

TEST(MemoryVault, TakesItsLimitsFromTheAddress) {
  const auto store = connect_to("memory?secrets=1&bytes=1KiB");
  const auto locker = open(*store, "app");
  set(*locker, "a", "1");

  EXPECT_EQ(refusal(locker->set("b", Bytes())), "the vault is full: it holds at most 1 secrets");
  EXPECT_EQ(refusal(locker->set("a", Bytes::copy_of(std::string(1024, 'x')))),
            "the vault is full: it holds at most 1024 bytes");
}

TEST(MemoryVault, RefusesOptionsThatItDoesNotHave) {
  EXPECT_EQ(refused("memory?secret=1"),
            "'memory?secret=***': the backend 'memory' has no option 'secret': did you mean "
            "'secrets'?");
  EXPECT_EQ(refused("memory?bytes=1GiB"),
            "'memory?bytes=1GiB': bytes: a vault holds at most 134217728 bytes");
  EXPECT_EQ(refused("redis:x"), "a vault cannot be 'redis:x': it is memory or file:PATH");
}

TEST(MemoryVault, LeavesNoCopyOfASecretThatWasRemoved) {
  const HiddenText secret("memory-vault");
  const auto store = connect_to("memory");
  const auto locker = open(*store, "app");
  block_on(locker->set("token", secret.bytes())).value();
  EXPECT_TRUE(block_on(locker->get("token")).value() == secret.bytes());
  EXPECT_TRUE(is_in_memory(secret));

  EXPECT_TRUE(block_on(locker->remove("token")).value());

  EXPECT_FALSE(is_in_memory(secret));
}

TEST(RoutedVault, LeadsNamesToTheirBackends) {
  const std::shared_ptr<Store> ours = connect_to("memory");
  const std::shared_ptr<Store> shared = connect_to("memory");
  const auto names = std::make_shared<const capability::Names>(
      std::vector<capability::Placement>{{.label = "", .namespace_ = "shop"},
                                         {.label = "company", .namespace_ = ""}},
      std::nullopt);
  const auto routed = make_routed(names, {ours, shared});

  set(*open(*routed, "tokens"), "a", "mine");
  set(*open(*routed, "company"), "a", "everybody's");

  EXPECT_EQ(get(*open(*ours, "shop/tokens"), "a"), "mine");
  EXPECT_EQ(get(*open(*shared, "company"), "a"), "everybody's");
  EXPECT_EQ(refusal(routed->open("")), "the locker's name is empty");
  EXPECT_FALSE(routed->suspends());
}

TEST(RoutedVault, HasNoLockerOfANameThatMayNotBeUsed) {
  const auto names = std::make_shared<const capability::Names>(
      std::vector<capability::Placement>{{.label = "", .namespace_ = "shop"}},
      std::set<std::string, std::less<>>{"tokens"});
  const auto routed = make_routed(names, {connect_to("memory")});

  EXPECT_TRUE(block_on(routed->open("tokens")).has_value());
  EXPECT_EQ(block_on(routed->open("others")).error().kind, ErrorKind::no_such_store);
}

}  // namespace
}  // namespace capstan::vault
