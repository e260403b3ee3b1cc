#include <capstan/base/nearest.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace capstan::base {
namespace {

// Letters to add, remove, replace or swap with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);  // two rows back, for swaps
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view wanted, std::span<const std::string_view> candidates) {
  // A third of the letters may differ.
  std::size_t best = wanted.size() / 3 + 1;
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (const std::size_t distance = edit_distance(wanted, candidate); distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace capstan::base
