// What every vault has to do, whatever is behind it: one suite, instantiated for each backend.
//
//   INSTANTIATE_TEST_SUITE_P(Memory, VaultConformance, testing::Values(VaultBackend{...}));
#pragma once

#include <capstan/capability/vault/contents.h>
#include <capstan/capability/vault/vault.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::vault {

struct VaultBackend {
  std::string name;
  // An empty store of its own, with these limits.
  std::function<std::shared_ptr<Store>(const Limits& limits)> make;

  friend void PrintTo(const VaultBackend& backend, std::ostream* out) { *out << backend.name; }
};

class VaultConformance : public testing::TestWithParam<VaultBackend> {
 protected:
  std::shared_ptr<Store> make_store(const Limits& limits = {}) { return GetParam().make(limits); }
};

// The steps of tests, which wait; a failure is one of the test.
[[nodiscard]] std::shared_ptr<Locker> open(Store& store, std::string_view locker);
void set(Locker& locker, std::string_view id, std::string_view secret);
// "(none)" if there is none; an error is its message.
[[nodiscard]] std::string get(Locker& locker, std::string_view id);
[[nodiscard]] std::vector<std::string> list(Locker& locker);

// A text of 32 bytes that nobody else has and that is nowhere in memory as it is, to be looked for
// there: `name` sums into it.
class HiddenText {
 public:
  explicit HiddenText(std::string_view name);
  // A copy that is overwritten when it ends.
  [[nodiscard]] Bytes bytes() const;
  [[nodiscard]] bool at(const std::uint8_t* place) const;
  static constexpr std::size_t size = 32;

 private:
  std::uint8_t masked_[size] = {};
};
// Whether any writable memory of this process has the text.
[[nodiscard]] bool is_in_memory(const HiddenText& text);

template <typename T>
[[nodiscard]] std::string refusal(Task<Outcome<T>> task) {
  const Outcome<T> outcome = block_on(std::move(task));
  return outcome ? "accepted" : outcome.error().message;
}

}  // namespace capstan::vault
