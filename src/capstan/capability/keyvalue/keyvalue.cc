#include <capstan/capability/keyvalue/keyvalue.h>

#include <fmt/format.h>

namespace capstan::keyvalue {

Outcome<void> check_key(std::string_view key) {
  if (key.size() <= key_bytes_max) return {};
  return std::unexpected(Error{
      ErrorKind::other, fmt::format("a key of {} bytes is too long: keys have at most {} bytes",
                                    key.size(), key_bytes_max)});
}

}  // namespace capstan::keyvalue
