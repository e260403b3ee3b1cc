// string: utf8, utf16 and latin1+utf16 guests.
//
// The host's text is UTF-8. A string_view argument of a UTF-8 guest is a view of guest memory; in
// the other encodings it is converted and kept for the length of the call. Every text is checked,
// in both directions.
#pragma once

#include <capstan/abi/type.h>

#include <string>
#include <string_view>

namespace capstan::abi {

// Spec: load_string_from_range. The text at (offset, tagged length), as UTF-8. The view lives as
// long as the call.
std::string_view load_text(Lift& cx, std::uint32_t offset, std::uint32_t tagged_length);
// The same as a copy.
std::string load_owned_text(Lift& cx, std::uint32_t offset, std::uint32_t tagged_length);

// Where a lowered text lies. Spec: store_string_into_range.
struct TextRange {
  std::uint32_t offset = 0;
  std::uint32_t tagged_length = 0;
};
TextRange store_text(Lower& cx, std::string_view text);

// Whether the bytes are UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

template <>
struct Abi<std::string_view> {
  static constexpr std::uint32_t size = 8;
  static constexpr std::uint32_t align = 4;
  static constexpr Flat flat = [] {
    Flat two;
    two.append(Core::i32);
    two.append(Core::i32);
    return two;
  }();

  static void append_text(std::string& out) { out += "string"; }
  static std::string_view lift_flat(Lift& cx, const std::uint64_t* words) {
    return load_text(cx, static_cast<std::uint32_t>(words[0]),
                     static_cast<std::uint32_t>(words[1]));
  }
  static std::string_view load(Lift& cx, std::uint32_t at) {
    return load_text(cx, cx.load<std::uint32_t>(at), cx.load<std::uint32_t>(at + 4));
  }
  static void lower_flat(Lower& cx, std::string_view text, std::uint64_t* words) {
    const TextRange range = store_text(cx, text);
    words[0] = range.offset;
    words[1] = range.tagged_length;
  }
  static void store(Lower& cx, std::string_view text, std::uint32_t at) {
    const TextRange range = store_text(cx, text);
    cx.store(at, range.offset);
    cx.store(at + 4, range.tagged_length);
  }
};

template <>
struct Abi<std::string> : Abi<std::string_view> {
  static std::string lift_flat(Lift& cx, const std::uint64_t* words) {
    return load_owned_text(cx, static_cast<std::uint32_t>(words[0]),
                           static_cast<std::uint32_t>(words[1]));
  }
  static std::string load(Lift& cx, std::uint32_t at) {
    return load_owned_text(cx, cx.load<std::uint32_t>(at), cx.load<std::uint32_t>(at + 4));
  }
};

}  // namespace capstan::abi
