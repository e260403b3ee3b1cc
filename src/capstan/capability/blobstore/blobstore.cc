#include <capstan/capability/blobstore/blobstore.h>

#include <fmt/format.h>

#include <algorithm>

namespace capstan::blobstore {
namespace {

// How much of an object is on its way at once.
constexpr std::size_t copy_bytes = 256 * 1024;

// Names can be long, and come from guests.
std::string shown(std::string_view name) {
  constexpr std::size_t shown_bytes_max = 100;
  if (name.size() <= shown_bytes_max) return std::string(name);
  std::size_t end = shown_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  return fmt::format("{}...", name.substr(0, end));
}

}  // namespace

Outcome<Span> resolve(Range range, std::uint64_t size) {
  const bool to_the_end = range.end == 0 || range.end >= size;
  if (range.end != 0 && range.end < range.start)
    return std::unexpected(Error(
        ErrorKind::invalid,
        fmt::format("the range ends at byte {}, before it begins at {}", range.end, range.start)));
  if (range.start == 0 && size == 0) return Span{};
  if (range.start >= size)
    return std::unexpected(Error(
        ErrorKind::invalid, fmt::format("the range begins at byte {}, but the object has {} bytes",
                                        range.start, size)));
  const std::uint64_t last = to_the_end ? size - 1 : range.end;
  return Span{.offset = range.start, .size = last - range.start + 1};
}

Outcome<void> check_name(std::string_view what, std::string_view name) {
  if (name.empty())
    return std::unexpected(
        Error(ErrorKind::invalid, fmt::format("the name of the {} is empty", what)));
  if (name.size() > name_bytes_max)
    return std::unexpected(
        Error(ErrorKind::invalid, fmt::format("the name of the {} has {} bytes, at most {} can be",
                                              what, name.size(), name_bytes_max)));
  return {};
}

Error no_such_container(std::string_view name) {
  return {ErrorKind::no_such_container, fmt::format("container not found: '{}'", shown(name))};
}
Error no_such_object(std::string_view name) {
  return {ErrorKind::no_such_object, fmt::format("object not found: '{}'", shown(name))};
}

Task<Outcome<void>> copy_object(std::shared_ptr<Container> from, std::string from_object,
                                std::shared_ptr<Container> to, std::string to_object) {
  auto reading = from->read(std::move(from_object), Range::all());
  auto reader = co_await std::move(reading);
  if (!reader) co_return std::unexpected(std::move(reader).error());
  auto writing = to->write(std::move(to_object));
  auto writer = co_await std::move(writing);
  if (!writer) co_return std::unexpected(std::move(writer).error());
  for (;;) {
    auto more = (*reader)->read(copy_bytes);
    auto bytes = co_await std::move(more);
    if (!bytes) co_return std::unexpected(std::move(bytes).error());
    if (bytes->empty()) break;
    auto storing = (*writer)->write(*std::move(bytes));
    auto stored = co_await std::move(storing);
    if (!stored) co_return std::unexpected(std::move(stored).error());
  }
  auto committing = (*writer)->commit();
  co_return co_await std::move(committing);
}

}  // namespace capstan::blobstore
