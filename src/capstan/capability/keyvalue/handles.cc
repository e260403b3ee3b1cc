#include <capstan/capability/keyvalue/handles.h>

#include <fmt/format.h>

namespace capstan::keyvalue {

Outcome<Handles::Held> Handles::hold(const std::shared_ptr<Handles>& handles, std::uint64_t bytes) {
  // Counted first and looked at afterwards: what is too much is given back by `held`.
  const std::size_t count = ++handles->count_;
  const std::uint64_t sum = handles->bytes_ += bytes;
  Held held(handles, bytes);
  if (count > handles->limits_.handles_max)
    return std::unexpected(
        Error{ErrorKind::other, fmt::format("a component may have {} buckets and looks open at "
                                            "once: drop those that are not needed",
                                            handles->limits_.handles_max)});
  if (sum > handles->limits_.seen_bytes_max)
    return std::unexpected(
        Error{ErrorKind::other, fmt::format("looks of a component may hold {} bytes of values at "
                                            "once: drop those that are not needed",
                                            handles->limits_.seen_bytes_max)});
  return held;
}

}  // namespace capstan::keyvalue
