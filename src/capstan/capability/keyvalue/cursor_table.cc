#include <capstan/capability/keyvalue/cursor_table.h>

#include <utility>

namespace capstan::keyvalue {

std::uint64_t CursorTable::number_of(std::string cursor) {
  const std::lock_guard lock(mutex_);
  bytes_ += cursor.size();
  cursors_.push_back(std::move(cursor));
  // The newest stays, however long it is.
  while (cursors_.size() > cursors_max || (bytes_ > bytes_max && cursors_.size() > 1)) {
    bytes_ -= cursors_.front().size();
    cursors_.pop_front();
    ++first_;
  }
  return first_ + cursors_.size() - 1;
}

std::optional<std::string> CursorTable::find(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  if (number < first_ || number - first_ >= cursors_.size()) return std::nullopt;
  return cursors_[number - first_];
}

}  // namespace capstan::keyvalue
