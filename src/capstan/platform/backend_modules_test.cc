#include <capstan/platform/backend_modules.h>

#include <capstan/capability/keyvalue/keyvalue.h>
#include <capstan/platform/temporary_folder.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace capstan::platform {
namespace {

namespace fs = std::filesystem;

std::string refusal(const Result<const capability::BackendModule*>& module) {
  return module ? "loaded" : module.error().message();
}

TEST(BackendModules, SchemesNameTheirModule) {
  ASSERT_NE(module_for("redis"), nullptr);
  EXPECT_EQ(module_for("redis")->name, "redis");
  EXPECT_EQ(module_for("rediss")->name, "redis");
  EXPECT_EQ(module_for("memory"), nullptr);
  EXPECT_EQ(module_for(""), nullptr);
}

TEST(BackendModules, OneThatIsNotInstalledIsNamedWithItsFile) {
  EXPECT_EQ(refusal(load_module_from("/nowhere", *module_for("redis"))),
            "the backend 'redis' is not part of this installation: there is no "
            "'/nowhere/libcapstan_backend_redis.so'; build Capstan with CAPSTAN_BACKEND_REDIS=ON");
}

TEST(BackendModules, AFileThatIsNoLibraryIsRefusedWithTheReason) {
  const TemporaryFolder folder = TemporaryFolder::create().value();
  std::ofstream(folder.path() / "libcapstan_backend_redis.so") << "text";

  const std::string said = refusal(load_module_from(folder.path(), *module_for("redis")));

  EXPECT_TRUE(said.starts_with("the backend 'redis' cannot be loaded: ")) << said;
  EXPECT_NE(said.find("libcapstan_backend_redis.so"), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with("are in the packages libssl3")) << said;
}

#ifdef CAPSTAN_HAS_REDIS
TEST(BackendModules, LoadsOnceAndOpensStores) {
  const auto module = load_module(*module_for("redis"));
  ASSERT_TRUE(module.has_value()) << module.error().message();
  EXPECT_EQ(load_module(*module_for("redis")).value(), *module);

  const auto open = [](std::string_view url) {
    return open_in(*module_for("redis"), &capability::BackendModule::keyvalue, "keyvalue",
                   Url::parse(url).value());
  };
  const auto store = open("redis://127.0.0.1:1");
  ASSERT_TRUE(store.has_value()) << store.error().message();
  EXPECT_TRUE((*store)->suspends());
  EXPECT_EQ(open("redis://:hush@").error().message(),
            "'redis://:***@': there is no host: write //HOST:PORT");
}

TEST(BackendModules, AnotherBuildIsRefused) {
  const TemporaryFolder folder = TemporaryFolder::create().value();
  const fs::path copy = folder.path() / "libcapstan_backend_redis.so";
  fs::copy_file(modules_folder() / "libcapstan_backend_redis.so", copy);
  std::string bytes;
  {
    std::ifstream in(copy, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto build = bytes.find(capability::module_build());
  ASSERT_NE(build, std::string::npos);
  bytes[build] = bytes[build] == '0' ? '1' : '0';
  std::ofstream(copy, std::ios::binary) << bytes;

  EXPECT_EQ(refusal(load_module_from(folder.path(), *module_for("redis"))),
            "'" + copy.string() +
                "' is of another build of Capstan: install the command and its backends together");
}
#endif

}  // namespace
}  // namespace capstan::platform
