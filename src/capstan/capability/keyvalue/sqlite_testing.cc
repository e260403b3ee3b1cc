#include <capstan/capability/keyvalue/sqlite_testing.h>

#include <capstan/base/check.h>

#include <stdlib.h>

namespace capstan::keyvalue {

TestFolder::TestFolder() {
  std::string name = std::filesystem::temp_directory_path() / "capstan-keyvalue-XXXXXX";
  CAPSTAN_CHECK(mkdtemp(name.data()) != nullptr, "there is no temporary folder");
  path_ = name;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::shared_ptr<Store> fresh_sqlite(SqliteOptions options) {
  struct Owned {
    TestFolder folder;
    std::shared_ptr<Store> store;  // ends first
  };
  auto owned = std::make_shared<Owned>();
  options.file = owned->folder.file("store.db");
  owned->store = connect_with(options).value();
  return {owned, owned->store.get()};
}

}  // namespace capstan::keyvalue
