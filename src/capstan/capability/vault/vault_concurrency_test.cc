// Vaults used by many threads at once; also run under ThreadSanitizer.
#include <capstan/capability/vault/conformance_testing.h>
#include <capstan/capability/vault/file.h>
#include <capstan/capability/vault/memory.h>

#include <filesystem>
#include <thread>

namespace capstan::vault {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Threads, VaultConformance,
    testing::Values(VaultBackend{
        .name = "memory",
        .make = [](const Limits& limits) { return connect_with(MemoryOptions{limits}).value(); }}),
    testing::PrintToStringParamName());

TEST(VaultThreads, LoseNoSecretOfOneAnother) {
  const auto store = connect_with(MemoryOptions()).value();
  constexpr int threads_count = 8;
  constexpr int each = 500;
  std::vector<std::thread> threads;
  for (int number = 0; number < threads_count; ++number) {
    threads.emplace_back([&store, number] {
      const auto locker = open(*store, "app");
      for (int i = 0; i < each; ++i) {
        const std::string id = std::to_string(number) + "-" + std::to_string(i);
        set(*locker, id, id);
        EXPECT_EQ(get(*locker, id), id);
        set(*locker, "shared", id);
        EXPECT_NE(get(*locker, "shared"), "(none)");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(list(*open(*store, "app")).size(), std::size_t{threads_count} * each + 1);
}

TEST(VaultThreads, ShareAFileThroughOneStoreWithAPool) {
  std::string name = std::filesystem::temp_directory_path() / "capstan-vault-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(name.data());
  FileOptions options;
  options.path = folder / "app.vault";
  options.key = Key::parse(std::string(64, '1')).value();
  options.pool = std::make_shared<BlockingPool>();
  {
    const auto store = connect_with(options).value();
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
      threads.emplace_back([&store, number] {
        const auto locker = open(*store, "app");
        for (int i = 0; i < 5; ++i) {
          const std::string id = std::to_string(number) + "-" + std::to_string(i);
          set(*locker, id, id);
          EXPECT_EQ(get(*locker, id), id);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(list(*open(*store, "app")).size(), 20U);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace capstan::vault
