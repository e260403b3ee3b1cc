// Files for tests of the SQLite backend.
#pragma once

#include <capstan/capability/keyvalue/sqlite.h>

#include <filesystem>
#include <memory>
#include <string>

namespace capstan::keyvalue {

// A folder of its own, removed with what is in it.
class TestFolder {
 public:
  TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder();

  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// A store in a new file, which lives as long as the store.
[[nodiscard]] std::shared_ptr<Store> fresh_sqlite(SqliteOptions options = {});

}  // namespace capstan::keyvalue
