#include <capstan/abi/text.h>

#include <fmt/format.h>

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace capstan::abi {
namespace {

// Spec: UTF16_TAG. In latin1+utf16, a set bit 31 says the text is UTF-16.
constexpr std::uint32_t utf16_tag = std::uint32_t{1} << 31;

constexpr bool is_surrogate(char32_t c) { return c >= 0xd800 && c < 0xe000; }

// Length of the leading run of ASCII, at least as far as `size` rounded down to 8.
std::size_t ascii_words(const unsigned char* bytes, std::size_t size) {
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  return i;
}

#if defined(__x86_64__)
// The same in blocks of 128 bytes. Text is checked on every crossing, so this loop counts.
[[gnu::target("avx2")]] std::size_t ascii_blocks_avx2(const unsigned char* bytes,
                                                      std::size_t size) {
  std::size_t i = 0;
  for (; i + 128 <= size; i += 128) {
    const auto* block = reinterpret_cast<const __m256i_u*>(bytes + i);
    const __m256i any = _mm256_or_si256(
        _mm256_or_si256(_mm256_loadu_si256(block), _mm256_loadu_si256(block + 1)),
        _mm256_or_si256(_mm256_loadu_si256(block + 2), _mm256_loadu_si256(block + 3)));
    if (_mm256_movemask_epi8(any) != 0) break;
  }
  return i;
}

// The same, copied on the way: one pass over text that is checked and written.
[[gnu::target("avx2")]] std::size_t copy_ascii_blocks_avx2(std::uint8_t* to,
                                                           const unsigned char* bytes,
                                                           std::size_t size) {
  std::size_t i = 0;
  for (; i + 128 <= size; i += 128) {
    const auto* block = reinterpret_cast<const __m256i_u*>(bytes + i);
    auto* copy = reinterpret_cast<__m256i_u*>(to + i);
    const __m256i a = _mm256_loadu_si256(block);
    const __m256i b = _mm256_loadu_si256(block + 1);
    const __m256i c = _mm256_loadu_si256(block + 2);
    const __m256i d = _mm256_loadu_si256(block + 3);
    const __m256i any = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
    if (_mm256_movemask_epi8(any) != 0) break;
    _mm256_storeu_si256(copy, a);
    _mm256_storeu_si256(copy + 1, b);
    _mm256_storeu_si256(copy + 2, c);
    _mm256_storeu_si256(copy + 3, d);
  }
  return i;
}
#endif

// Copies a leading run of ASCII, in whole blocks; how much of it.
std::size_t copy_ascii_blocks([[maybe_unused]] std::uint8_t* to,
                              [[maybe_unused]] std::string_view text) {
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  if (avx2)
    return copy_ascii_blocks_avx2(to, reinterpret_cast<const unsigned char*>(text.data()),
                                  text.size());
#endif
  return 0;
}

// Length of the leading run of ASCII.
std::size_t ascii_prefix(const unsigned char* bytes, std::size_t size) {
  std::size_t i = 0;
#if defined(__x86_64__)
  static const bool avx2 = __builtin_cpu_supports("avx2") != 0;
  if (avx2) i = ascii_blocks_avx2(bytes, size);
#endif
  i += ascii_words(bytes + i, size - i);
  while (i < size && bytes[i] < 0x80) ++i;
  return i;
}

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&out](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | (c >> 6));
    byte(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    byte(0xe0 | (c >> 12));
    byte(0x80 | ((c >> 6) & 0x3f));
    byte(0x80 | (c & 0x3f));
  } else {
    byte(0xf0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3f));
    byte(0x80 | ((c >> 6) & 0x3f));
    byte(0x80 | (c & 0x3f));
  }
}

// The code point at `i` of text that is known to be UTF-8; moves `i` past it.
char32_t next_code_point(std::string_view text, std::size_t& i) {
  const auto at = [&text](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const char32_t lead = at(i++);
  if (lead < 0x80) return lead;
  const int trailing = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  char32_t c = lead & (0x3fu >> trailing);
  for (int k = 0; k < trailing; ++k) c = (c << 6) | (at(i++) & 0x3fu);
  return c;
}

std::string from_latin1(const std::uint8_t* bytes, std::size_t size) {
  std::string out;
  out.reserve(size);
  for (std::size_t i = 0; i < size;) {
    const std::size_t plain = ascii_prefix(bytes + i, size - i);
    out.append(reinterpret_cast<const char*>(bytes + i), plain);
    i += plain;
    if (i < size) append_utf8(out, bytes[i++]);
  }
  return out;
}

// Length of the leading run of units below 0x80, in steps of 16.
std::size_t ascii_prefix_utf16(const std::uint8_t* bytes, std::size_t units) {
  std::size_t i = 0;
  for (; i + 16 <= units; i += 16) {
    std::uint64_t w[4];
    std::memcpy(w, bytes + 2 * i, sizeof w);
    if (((w[0] | w[1] | w[2] | w[3]) & 0xff80ff80ff80ff80u) != 0) break;
  }
  while (i < units && bytes[2 * i] < 0x80 && bytes[2 * i + 1] == 0) ++i;
  return i;
}

// Spec: a lone surrogate traps.
std::string from_utf16(Lift& cx, const std::uint8_t* bytes, std::size_t units) {
  const auto unit = [bytes](std::size_t i) {
    char16_t u;
    std::memcpy(&u, bytes + 2 * i, sizeof u);
    return static_cast<char32_t>(u);
  };
  std::string out;
  out.reserve(units);
  for (std::size_t i = 0; i < units; ++i) {
    if (const std::size_t plain = ascii_prefix_utf16(bytes + 2 * i, units - i); plain > 0) {
      const std::size_t at = out.size();
      out.resize(at + plain);
      for (std::size_t k = 0; k < plain; ++k) out[at + k] = static_cast<char>(bytes[2 * (i + k)]);
      i += plain;
      if (i == units) break;
    }
    char32_t c = unit(i);
    if (is_surrogate(c)) {
      const bool pair =
          c < 0xdc00 && i + 1 < units && unit(i + 1) >= 0xdc00 && unit(i + 1) < 0xe000;
      if (!pair) {
        cx.fail(fmt::format("invalid utf-16 in a string: lone surrogate at unit {}", i));
        return {};
      }
      c = 0x10000 + ((c - 0xd800) << 10) + (unit(++i) - 0xdc00);
    }
    append_utf8(out, c);
  }
  return out;
}

std::u16string to_utf16(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t plain = ascii_prefix(bytes + i, text.size() - i); plain > 0) {
      const std::size_t at = out.size();
      out.resize(at + plain);
      for (std::size_t k = 0; k < plain; ++k) out[at + k] = bytes[i + k];
      i += plain;
      continue;
    }
    const char32_t c = next_code_point(text, i);
    if (c < 0x10000) {
      out.push_back(static_cast<char16_t>(c));
    } else {
      out.push_back(static_cast<char16_t>(0xd800 + ((c - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xdc00 + ((c - 0x10000) & 0x3ff)));
    }
  }
  return out;
}

// The text in latin-1, or false when a code point is above U+00FF.
bool to_latin1(std::string_view text, std::string& out) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t plain = ascii_prefix(bytes + i, text.size() - i); plain > 0) {
      out.append(text.substr(i, plain));
      i += plain;
      continue;
    }
    const char32_t c = next_code_point(text, i);
    if (c > 0xff) return false;
    out.push_back(static_cast<char>(c));
  }
  return true;
}

TextRange store_bytes(Lower& cx, std::uint32_t align, const void* data, std::size_t bytes,
                      std::uint32_t tagged_length) {
  const std::uint32_t offset = cx.realloc(align, bytes);
  cx.store_bytes(offset, data, bytes);
  return {offset, tagged_length};
}

// Length of the UTF-8 sequence at `s`, or 0. Follows table 3-7 of the Unicode standard.
std::size_t sequence_length(const unsigned char* s, std::size_t left) {
  const auto tail = [&](std::size_t k) { return (s[k] & 0xc0) == 0x80; };
  if (s[0] < 0x80) return 1;
  if (s[0] >= 0xc2 && s[0] <= 0xdf) return left >= 2 && tail(1) ? 2 : 0;
  if ((s[0] & 0xf0) == 0xe0) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    if (s[0] == 0xe0 && s[1] < 0xa0) return 0;   // overlong
    if (s[0] == 0xed && s[1] >= 0xa0) return 0;  // surrogate
    return 3;
  }
  if (s[0] >= 0xf0 && s[0] <= 0xf4) {
    if (left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    if (s[0] == 0xf0 && s[1] < 0x90) return 0;   // overlong
    if (s[0] == 0xf4 && s[1] >= 0x90) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

// Where the text stops being UTF-8, or its size.
std::size_t utf8_prefix(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t i = ascii_prefix(bytes, text.size());
  while (i < text.size()) {
    const std::size_t length = sequence_length(bytes + i, text.size() - i);
    if (length == 0) return i;
    i += length;
    if (length == 1) i += ascii_prefix(bytes + i, text.size() - i);
  }
  return i;
}

// A guest's text, in bounds but not looked at yet. Without data: there was an error.
struct GuestText {
  enum class Form : std::uint8_t { utf8, latin1, utf16 };
  Form form = Form::utf8;
  const std::uint8_t* data = nullptr;
  std::uint32_t units = 0;
};

GuestText locate(Lift& cx, std::uint32_t offset, std::uint32_t tagged_length) {
  if (!cx.ok()) return {};
  const std::uint8_t encoding = cx.call().encoding;
  const bool tagged = encoding == CAPSTAN_LATIN1_UTF16 && (tagged_length & utf16_tag) != 0;
  const bool utf16 = encoding == CAPSTAN_UTF16 || tagged;
  const std::uint32_t length = tagged ? tagged_length & ~utf16_tag : tagged_length;
  const std::uint64_t bytes = utf16 ? std::uint64_t{length} * 2 : length;

  // Spec: latin1+utf16 strings are 2-aligned whichever form they have.
  if (encoding != CAPSTAN_UTF8 && offset % 2 != 0) {
    cx.fail(fmt::format("string pointer {:#x} is not aligned to 2 bytes", offset));
    return {};
  }
  GuestText text{GuestText::Form::latin1, cx.bytes(offset, bytes), length};
  if (utf16) text.form = GuestText::Form::utf16;
  if (encoding == CAPSTAN_UTF8) text.form = GuestText::Form::utf8;
  return text;
}

// UTF-8 as it lies in guest memory, checked.
std::string_view view(Lift& cx, const GuestText& text) {
  const std::string_view whole(reinterpret_cast<const char*>(text.data), text.units);
  if (const std::size_t good = utf8_prefix(whole); good != whole.size()) [[unlikely]] {
    cx.fail(fmt::format("invalid utf-8 in a string of {} bytes: bad sequence at byte {}",
                        whole.size(), good));
    return {};
  }
  return whole;
}

// The other forms as UTF-8. A unit of utf16 becomes at most three bytes, one of latin-1 two.
std::string convert(Lift& cx, const GuestText& text) {
  const bool utf16 = text.form == GuestText::Form::utf16;
  if (!cx.consume(text.units, utf16 ? 3 : 2)) return {};
  return utf16 ? from_utf16(cx, text.data, text.units) : from_latin1(text.data, text.units);
}

}  // namespace

bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

std::string_view load_text(Lift& cx, std::uint32_t offset, std::uint32_t tagged_length) {
  const GuestText text = locate(cx, offset, tagged_length);
  if (text.data == nullptr) return {};
  if (text.form == GuestText::Form::utf8) return view(cx, text);
  std::string converted = convert(cx, text);
  return converted.empty() ? std::string_view() : cx.keep(std::move(converted));
}

std::string load_owned_text(Lift& cx, std::uint32_t offset, std::uint32_t tagged_length) {
  const GuestText text = locate(cx, offset, tagged_length);
  if (text.data == nullptr) return {};
  if (text.form != GuestText::Form::utf8) return convert(cx, text);
  if (!cx.consume(text.units, 1)) return {};
  return std::string(view(cx, text));
}

namespace {

// Spec: MAX_STRING_BYTE_LENGTH.
bool fits(Lower& cx, std::string_view text) {
  if (text.size() < utf16_tag / 2) return true;
  cx.fail(fmt::format("a text of {} bytes is too long for a component", text.size()),
          CAPSTAN_ERROR_LIMIT);
  return false;
}

// Whether what follows `checked` bytes of ASCII is UTF-8, too.
bool is_good(Lower& cx, std::string_view text, std::size_t checked) {
  const std::size_t good = checked + utf8_prefix(text.substr(checked));
  if (good == text.size()) [[likely]]
    return true;
  cx.fail(fmt::format("the host gave text that is not UTF-8 (bad sequence at byte {})", good),
          CAPSTAN_ERROR_HOST);
  return false;
}

// Into a guest that wants UTF-8: checked while it is copied. Text that turns out to be bad fails
// the call, so nobody sees what was written of it.
TextRange store_utf8(Lower& cx, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  const std::uint32_t offset = cx.realloc(1, size);
  if (!cx.ok()) return {};
  const std::size_t copied = copy_ascii_blocks(cx.call().memory + offset, text);
  if (!is_good(cx, text, copied)) return {};
  const std::string_view rest = text.substr(copied);
  cx.store_bytes(offset + static_cast<std::uint32_t>(copied), rest.data(), rest.size());
  return {offset, size};
}

}  // namespace

TextRange store_text(Lower& cx, std::string_view text) {
  if (!cx.ok() || !fits(cx, text)) return {};
  const std::uint8_t encoding = cx.call().encoding;
  if (encoding == CAPSTAN_UTF8) return store_utf8(cx, text);
  if (!is_good(cx, text, 0)) return {};
  if (encoding == CAPSTAN_LATIN1_UTF16) {
    std::string latin1;
    if (to_latin1(text, latin1))
      return store_bytes(cx, 2, latin1.data(), latin1.size(),
                         static_cast<std::uint32_t>(latin1.size()));
  }
  const std::u16string utf16 = to_utf16(text);
  const auto units = static_cast<std::uint32_t>(utf16.size());
  return store_bytes(cx, 2, utf16.data(), utf16.size() * 2,
                     encoding == CAPSTAN_UTF16 ? units : units | utf16_tag);
}

}  // namespace capstan::abi
