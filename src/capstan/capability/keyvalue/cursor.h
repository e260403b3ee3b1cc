// Cursors of backends that list keys in their order: where a page ended, so that the next one goes
// on after it, whatever was added and removed meanwhile.
#pragma once

#include <capstan/capability/keyvalue/keyvalue.h>

#include <optional>
#include <string>
#include <string_view>

namespace capstan::keyvalue {

// Continues after a key.
[[nodiscard]] std::string cursor_after(std::string_view key);

// The key that a cursor continues after; nothing without a cursor. A text that is none is an error.
[[nodiscard]] Outcome<std::optional<std::string>> key_of_cursor(
    const std::optional<std::string>& cursor);

// For cursors that were never given.
[[nodiscard]] Error unknown_cursor(std::string_view cursor);

}  // namespace capstan::keyvalue
