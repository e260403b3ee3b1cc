// Listing: the keys of a folder, page by page.
//
// Keys come in the order of a hash, so that a number is enough to say where a page ends: whoever
// continues there, in this process or another, sees every key that was there throughout exactly
// once. The sorted keys are kept between the pages of one listing, so that the folder is read once.
#pragma once

#include <capstan/keyfiles/failure.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace capstan::keyfiles {

inline constexpr std::size_t page_keys_max = 1000;

struct KeyPage {
  std::vector<std::string> keys;
  std::optional<std::uint64_t> next;  // where to continue; none: these were the last
};

class Listing {
 public:
  // The page that begins at `from`, which is 0 or what a page before gave.
  [[nodiscard]] Outcome<KeyPage> page(int folder, std::uint64_t from);

 private:
  struct Entry {
    std::uint64_t place;
    std::string key;
  };
  [[nodiscard]] Outcome<void> read(int folder);
  [[nodiscard]] KeyPage cut(std::size_t first) const;

  std::vector<Entry> entries_;
  std::optional<std::uint64_t> expected_;  // where the next page of this listing begins
};

// Where a key comes in the order.
[[nodiscard]] std::uint64_t place_of(std::string_view key);

}  // namespace capstan::keyfiles
