#include <capstan/backend/redis/listing.h>

#include <utility>

namespace capstan::redis {
namespace {

// At most this much is kept, in listings of which each holds up to SmallestKeys::Limits.
constexpr std::size_t kept_most = 4;
constexpr std::chrono::seconds kept_for{60};

}  // namespace

SmallestKeys::SmallestKeys(std::optional<std::string> above, const Limits& limits)
    : above_(std::move(above)), limits_(limits) {}

void SmallestKeys::add(std::string_view key) {
  if (above_ && key <= *above_) return;
  if (left_out_ && !keys_.empty() && key > *keys_.rbegin()) return;
  if (!keys_.emplace(key).second) return;
  bytes_ += key.size();
  // One key always fits, so that a listing gets on.
  while (keys_.size() > 1 && (keys_.size() > limits_.keys || bytes_ > limits_.bytes)) {
    const auto last = std::prev(keys_.end());
    bytes_ -= last->size();
    keys_.erase(last);
    left_out_ = true;
  }
}

std::vector<std::string> SmallestKeys::take() {
  std::vector<std::string> ordered;
  ordered.reserve(keys_.size());
  while (!keys_.empty()) ordered.push_back(std::move(keys_.extract(keys_.begin()).value()));
  return ordered;
}

std::optional<Remainders::Found> Remainders::take(std::string_view bucket, std::string_view after) {
  std::list<Kept> ended;  // after the lock
  const std::lock_guard lock(mutex_);
  const Time now = std::chrono::steady_clock::now();
  std::optional<Found> found;
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    const auto next = std::next(kept);
    const bool wanted = kept->bucket == bucket && kept->after == after && kept->until >= now;
    if (wanted) found = std::move(kept->found);
    if (wanted || kept->until < now) ended.splice(ended.begin(), kept_, kept);
    kept = next;
  }
  return found;
}

void Remainders::keep(std::string bucket, std::string after, Found found) {
  std::list<Kept> ended;  // after the lock
  const std::lock_guard lock(mutex_);
  kept_.push_front(Kept{std::move(bucket), std::move(after), std::move(found),
                        std::chrono::steady_clock::now() + kept_for});
  if (kept_.size() > kept_most) ended.splice(ended.begin(), kept_, std::prev(kept_.end()));
}

std::string glob_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("*?[]\\^").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace capstan::redis
