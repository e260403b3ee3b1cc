// Listing: the keys of a bucket in pages, from a server that lists in no order and with
// repetitions.
//
// A page holds the smallest keys above a cursor, which is the last key of the page before: so pages
// are in the order of bytes, a key that exists throughout is in exactly one, and a cursor is good
// for as long as one likes, on any host. To find them all keys are scanned; what a scan found
// beyond its page is kept for the next one, for a while and up to a limit, so that a listing of
// many pages needs few scans.
//
// Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::redis {

// The smallest keys above a cursor, of those that are added; what does not fit is left out from
// the end.
class SmallestKeys {
 public:
  struct Limits {
    std::size_t keys = 100'000;
    std::size_t bytes = std::size_t{16} << 20;
  };
  SmallestKeys(std::optional<std::string> above, const Limits& limits);

  void add(std::string_view key);
  [[nodiscard]] bool complete() const { return !left_out_; }
  // In order.
  [[nodiscard]] std::vector<std::string> take();

 private:
  std::optional<std::string> above_;
  Limits limits_;
  std::set<std::string, std::less<>> keys_;
  std::size_t bytes_ = 0;
  bool left_out_ = false;
};

// What scans found beyond their pages.
class Remainders {
 public:
  struct Found {
    std::vector<std::string> keys;  // in order, from `next` on
    std::size_t next = 0;
    bool complete = false;  // no key comes after them
  };
  // What was kept for a listing that goes on after `after`, once.
  [[nodiscard]] std::optional<Found> take(std::string_view bucket, std::string_view after);
  void keep(std::string bucket, std::string after, Found found);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Kept {
    std::string bucket;
    std::string after;
    Found found;
    Time until;
  };
  std::mutex mutex_;
  std::list<Kept> kept_;  // the newest first
};

// What SCAN's MATCH takes for the text itself: without meaning for the signs that have one.
[[nodiscard]] std::string glob_escaped(std::string_view text);

}  // namespace capstan::redis
