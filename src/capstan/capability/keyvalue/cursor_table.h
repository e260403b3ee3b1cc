// Numbers for cursors: what a dialect gives whose cursors are u64.
//
// Numbers start at 1 and are never used again. A bounded number of cursors is remembered; the
// oldest are forgotten first, and then are as unknown as one that never was. Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

namespace capstan::keyvalue {

class CursorTable {
 public:
  static constexpr std::size_t cursors_max = 4096;
  static constexpr std::size_t bytes_max = std::size_t{4} << 20;

  [[nodiscard]] std::uint64_t number_of(std::string cursor);
  // The cursor again; nothing for a number that was never given or is forgotten.
  [[nodiscard]] std::optional<std::string> find(std::uint64_t number) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t first_ = 1;  // the number of the oldest
  std::deque<std::string> cursors_;
  std::size_t bytes_ = 0;
};

}  // namespace capstan::keyvalue
