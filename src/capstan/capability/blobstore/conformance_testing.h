// What every blobstore must do, as a suite of tests that each backend instantiates:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, BlobstoreConformance, testing::Values(&make_memory));
//
// Shared by tests only.
#pragma once

#include <capstan/capability/blobstore/blobstore.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::blobstore {

// An empty store; what it needs ends with it.
using Factory = std::shared_ptr<Store> (*)();

class BlobstoreConformance : public testing::TestWithParam<Factory> {
 protected:
  std::shared_ptr<Store> store = GetParam()();
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobstoreConformance);

// A folder of a test's own, removed with it.
class ScratchFolder {
 public:
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The store, which keeps the folder.
[[nodiscard]] std::shared_ptr<Store> keeping(std::shared_ptr<ScratchFolder> folder,
                                             std::shared_ptr<Store> store);

// Steps that have to work; they throw otherwise, which fails the test.
std::shared_ptr<Container> create(Store& store, std::string name);
void put(Container& container, std::string name, std::string_view content);
[[nodiscard]] std::string get(Container& container, std::string name, Range range = Range::all());
[[nodiscard]] std::vector<std::string> names(Container& container);

// The outcome of a task, and what an error is.
template <typename T>
Outcome<T> now(Task<Outcome<T>> task) {
  return block_on(std::move(task));
}
template <typename T>
T must(Task<Outcome<T>> task) {
  Outcome<T> outcome = block_on(std::move(task));
  if (!outcome) throw std::runtime_error(outcome.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}
template <typename T>
std::string kind(const Outcome<T>& outcome) {
  if (outcome) return "no error";
  constexpr std::string_view names[] = {"no_such_container", "no_such_object", "access_denied",
                                        "invalid",           "full",           "other"};
  return std::string(names[static_cast<std::size_t>(outcome.error().kind)]);
}

}  // namespace capstan::blobstore
