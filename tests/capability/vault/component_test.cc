// The vault as components use it: one that imports `func`, and one that imports `async func`.
#include <capstan/capability/names.h>
#include <capstan/capability/vault/bind.h>
#include <capstan/capability/vault/file.h>
#include <capstan/capability/vault/memory.h>
#include <capstan/capability/vault/routed.h>
#include <capstan/host/engine.h>
#include <capstan/host/instance.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace capstan::vault {
namespace {

namespace fs = std::filesystem;

// The component in an instance that uses `vault`.
class Guest {
 public:
  Guest(const char* path, const std::shared_ptr<vault::Store>& store)
      : engine_(Engine::create({.cache = false}).value()), linker_(engine_) {
    EXPECT_TRUE(vault::bind(linker_, store).has_value());
    const Component component = engine_.load_file(path).value();
    prepared_.emplace(linker_.prepare(component).value());
    instance_.emplace(prepared_->instantiate(store_).value());
  }

  // The result as WAVE.
  std::string call(std::string_view name, std::string_view arguments) {
    auto result = instance_->invoke("", name, arguments);
    return result ? *std::move(result) : result.error().message();
  }

 private:
  Engine engine_;
  Linker<> linker_;
  std::optional<PreparedComponent<>> prepared_;
  capstan::Store<> store_;
  std::optional<Instance> instance_;
};

class VaultOfComponents : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Guest, VaultOfComponents,
                         testing::Values(CAPSTAN_VAULT_SYNC, CAPSTAN_VAULT_ASYNC),
                         [](const auto& of) {
                           return std::string_view(of.param).find("async") == std::string_view::npos
                                      ? "sync"
                                      : "async";
                         });

std::shared_ptr<Store> memory() { return connect_with(MemoryOptions()).value(); }

std::string secret_in(Store& store, std::string_view locker, std::string_view id) {
  const auto opened = block_on(store.open(std::string(locker))).value();
  const auto secret = block_on(opened->get(std::string(id))).value();
  return secret ? std::string(secret->text()) : "(none)";
}

TEST_P(VaultOfComponents, KeepsBytesOfTheGuestAndGivesThemBack) {
  const auto store = memory();
  Guest guest(GetParam(), store);

  EXPECT_EQ(guest.call("put", R"("app", "token", [0, 104, 105, 255])"), "ok");

  EXPECT_EQ(secret_in(*store, "app", "token"), std::string("\0hi\xff", 4));
  EXPECT_EQ(guest.call("fetch", R"("app", "token")"), "ok(some([0, 104, 105, 255]))");
  EXPECT_EQ(guest.call("fetch", R"("app", "other")"), "ok(none)");
  EXPECT_EQ(guest.call("fetch", R"("other", "token")"), "ok(none)");
}

TEST_P(VaultOfComponents, SeesWhatTheHostHasStored) {
  const auto store = memory();
  const auto locker = block_on(store->open("app")).value();
  for (const char* id : {"b", "a", "ü"}) block_on(locker->set(id, Bytes::copy_of(id))).value();
  Guest guest(GetParam(), store);

  EXPECT_EQ(guest.call("ids", R"("app")"), R"(ok(["a", "b", "ü"]))");
  EXPECT_EQ(guest.call("has", R"("app", "a")"), "ok(true)");
  EXPECT_EQ(guest.call("has", R"("app", "c")"), "ok(false)");
  EXPECT_EQ(guest.call("remove", R"("app", "a")"), "ok");
  EXPECT_EQ(guest.call("remove", R"("app", "a")"), "ok");
  EXPECT_EQ(secret_in(*store, "app", "a"), "(none)");
  EXPECT_EQ(guest.call("ids", R"("none")"), "ok([])");
}

TEST_P(VaultOfComponents, ErrorsAreValuesOfTheInterface) {
  const auto names = std::make_shared<const capability::Names>(
      std::vector<capability::Placement>{{.label = "", .namespace_ = "shop"}},
      std::set<std::string, std::less<>>{"app"});
  Guest guest(GetParam(), make_routed(names, {memory()}));

  EXPECT_EQ(guest.call("fetch", R"("others", "token")"), R"(err("no-such-store"))");
  EXPECT_EQ(guest.call("put", R"("app", "", [1])"), R"(err("the secret\'s id is empty"))");
  EXPECT_EQ(guest.call("put", R"("app", "token", [1])"), "ok");
}

class VaultFileOfComponents : public VaultOfComponents {
 protected:
  VaultFileOfComponents() {
    std::string name = fs::temp_directory_path() / "capstan-vault-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    options_.path = folder_ / "app.vault";
    options_.key = Key::parse(std::string(64, '7')).value();
  }
  ~VaultFileOfComponents() override { fs::remove_all(folder_); }

  fs::path folder_;
  FileOptions options_;
};
INSTANTIATE_TEST_SUITE_P(Guest, VaultFileOfComponents,
                         testing::Values(CAPSTAN_VAULT_SYNC, CAPSTAN_VAULT_ASYNC),
                         [](const auto& of) {
                           return std::string_view(of.param).find("async") == std::string_view::npos
                                      ? "sync"
                                      : "async";
                         });

TEST_P(VaultFileOfComponents, OutlivesTheGuest) {
  for (const char* secret : {"[1]", "[2]"}) {
    Guest guest(GetParam(), connect_with(options_).value());
    EXPECT_EQ(guest.call("put", std::string(R"("app", "token", )") + secret), "ok");
  }
  Guest guest(GetParam(), connect_with(options_).value());

  EXPECT_EQ(guest.call("fetch", R"("app", "token")"), "ok(some([2]))");
  EXPECT_EQ(VaultFile::open(options_).value()->get("app", "token").value()->text(), "\x02");
}

TEST_P(VaultFileOfComponents, SuspendsTheGuestWhileAPoolWorks) {
  options_.pool = std::make_shared<BlockingPool>();
  Guest guest(GetParam(), connect_with(options_).value());

  EXPECT_EQ(guest.call("put", R"("app", "token", [7])"), "ok");
  EXPECT_EQ(guest.call("fetch", R"("app", "token")"), "ok(some([7]))");
}

TEST_P(VaultFileOfComponents, ThatIsReadOnlyDeniesChanges) {
  options_.access = Access::read_only;
  Guest guest(GetParam(), connect_with(options_).value());

  EXPECT_EQ(guest.call("put", R"("app", "token", [1])"), R"(err("access-denied"))");
  EXPECT_EQ(guest.call("fetch", R"("app", "token")"), "ok(none)");
}

}  // namespace
}  // namespace capstan::vault
