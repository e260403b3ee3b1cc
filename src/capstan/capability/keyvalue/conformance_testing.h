// What every key-value backend must do, as tests: the rules of keyvalue.h.
//
//   INSTANTIATE_TEST_SUITE_P(Redis, KeyValueConformance, testing::Values(Backend{...}),
//   backend_name);
//
// KeyValueConcurrency is the part that needs threads; it also runs under ThreadSanitizer.
#pragma once

#include <capstan/capability/keyvalue/keyvalue.h>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace capstan::keyvalue {

struct Backend {
  std::string name;  // letters and digits
  // A store that nobody else uses, and that is empty. Called once for each test.
  std::function<std::shared_ptr<Store>()> fresh;
  int increments = 100'000;  // of each of 8 threads; fewer where each waits for a disk
};

inline std::string backend_name(const testing::TestParamInfo<Backend>& backend) {
  return backend.param.name;
}

class KeyValueConformance : public testing::TestWithParam<Backend> {
 protected:
  [[nodiscard]] std::shared_ptr<Bucket> open(std::string name = "bucket") {
    return block_on(store_->open(std::move(name))).value();
  }
  const std::shared_ptr<Store> store_ = GetParam().fresh();
};

class KeyValueConcurrency : public KeyValueConformance {};

// Results of finished tasks, for tests that have nothing else to do meanwhile.
template <typename T>
T now(Task<Outcome<T>> task) {
  auto outcome = block_on(std::move(task));
  if (!outcome) {
    ADD_FAILURE() << outcome.error().message;
    if constexpr (!std::is_void_v<T>) return T{};
  }
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

inline Bytes bytes(std::string_view text) { return Bytes::copy_of(text); }

// All keys, page by page; fails when there is no end or a page is too long.
[[nodiscard]] std::vector<std::string> all_keys(Bucket& bucket);

}  // namespace capstan::keyvalue
