// The suite that every key-value backend passes, against keys in files: by the host and by the
// component. What it cannot promise is that many keys are set at one moment, which only the suite
// for threads looks at.
#include <capstan/capability/keyvalue/conformance_testing.h>
#include <capstan/capability/keyvalue/file.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "component_store.h"

namespace capstan::keyvalue {
namespace {

namespace fs = std::filesystem;

// Folders that are removed at the end of the program.
class Folders {
 public:
  Folders() = default;
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  ~Folders() {
    for (const fs::path& folder : made_) fs::remove_all(folder);
  }
  const fs::path& make() {
    char pattern[] = "/tmp/capstan-keyfiles-XXXXXX";
    return made_.emplace_back(::mkdtemp(pattern));
  }

 private:
  std::vector<fs::path> made_;
};

const fs::path& fresh_folder() {
  static Folders folders;
  return folders.make();
}

std::shared_ptr<Store> by_the_host() {
  return connect_with(FileOptions{.folder = fresh_folder(),
                                  .durable = FileOptions::Durable::no,
                                  .missing = FileOptions::Missing::made})
      .value();
}
std::shared_ptr<Store> by_the_host_on_threads() {
  return connect_with(FileOptions{.folder = fresh_folder(),
                                  .durable = FileOptions::Durable::no,
                                  .missing = FileOptions::Missing::made,
                                  .pool = std::make_shared<BlockingPool>()})
      .value();
}
std::shared_ptr<Store> by_the_component() { return make_component_store(fresh_folder()); }

INSTANTIATE_TEST_SUITE_P(Files, KeyValueConformance,
                         testing::Values(Backend{"Host", &by_the_host},
                                         Backend{"HostOnThreads", &by_the_host_on_threads},
                                         Backend{"Component", &by_the_component}),
                         backend_name);

TEST(KeyFiles, HostAndComponentReadEachOthersFolders) {
  const fs::path& folder = fresh_folder();
  const auto host =
      connect_with(FileOptions{.folder = folder, .missing = FileOptions::Missing::made}).value();
  const auto component = make_component_store(folder);
  const auto ours = block_on(host->open("b")).value();
  const auto theirs = block_on(component->open("b")).value();
  const std::string long_key(5000, '/');

  now(ours->set(long_key, bytes("from the host")));
  now(theirs->set("../x", bytes("from the component")));
  now(theirs->increment("n", 7));

  EXPECT_EQ(now(theirs->get(long_key)), bytes("from the host"));
  EXPECT_EQ(now(ours->get("../x")), bytes("from the component"));
  EXPECT_EQ(now(ours->increment("n", 1)), 8);
  EXPECT_EQ(all_keys(*ours), all_keys(*theirs));
}

}  // namespace
}  // namespace capstan::keyvalue
