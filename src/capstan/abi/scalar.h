// bool, integers, floats, char, enum and flags.
#pragma once

#include <capstan/abi/describe.h>
#include <capstan/abi/type.h>

#include <bit>
#include <concepts>
#include <limits>

namespace capstan::abi {

// ------------------------------------------------------------------------------------------
// integers

template <typename T>
concept Integer = std::same_as<T, std::uint8_t> || std::same_as<T, std::uint16_t> ||
                  std::same_as<T, std::uint32_t> || std::same_as<T, std::uint64_t> ||
                  std::same_as<T, std::int8_t> || std::same_as<T, std::int16_t> ||
                  std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

template <Integer T>
struct Abi<T> {
  static constexpr std::uint32_t size = sizeof(T);
  static constexpr std::uint32_t align = sizeof(T);
  static constexpr Flat flat = one(sizeof(T) == 8 ? Core::i64 : Core::i32);

  static void append_text(std::string& out) {
    out += std::signed_integral<T> ? 's' : 'u';
    out += std::to_string(sizeof(T) * 8);
  }
  // Spec: lift_flat_unsigned / lift_flat_signed keep the low bits.
  static T lift_flat(Lift&, const std::uint64_t* words) { return static_cast<T>(words[0]); }
  static T load(Lift& cx, std::uint32_t at) { return cx.load<T>(at); }
  static void lower_flat(Lower&, T value, std::uint64_t* words) {
    if constexpr (sizeof(T) == 8) {
      words[0] = static_cast<std::uint64_t>(value);
    } else {
      // Signed values are sign-extended to i32, and an i32 is zero-extended to its word.
      using Wide = std::conditional_t<std::signed_integral<T>, std::int32_t, std::uint32_t>;
      words[0] = static_cast<std::uint32_t>(static_cast<Wide>(value));
    }
  }
  static void store(Lower& cx, T value, std::uint32_t at) { cx.store(at, value); }
};

template <>
struct Abi<bool> {
  static constexpr std::uint32_t size = 1;
  static constexpr std::uint32_t align = 1;
  static constexpr Flat flat = one(Core::i32);

  static void append_text(std::string& out) { out += "bool"; }
  static bool lift_flat(Lift&, const std::uint64_t* words) {
    return static_cast<std::uint32_t>(words[0]) != 0;
  }
  static bool load(Lift& cx, std::uint32_t at) { return cx.load<std::uint8_t>(at) != 0; }
  static void lower_flat(Lower&, bool value, std::uint64_t* words) { words[0] = value ? 1 : 0; }
  static void store(Lower& cx, bool value, std::uint32_t at) {
    cx.store(at, static_cast<std::uint8_t>(value ? 1 : 0));
  }
};

// --------------------------------------------------------------------------------------------
// floats

// Spec: canonicalize_nan. One bit pattern for every NaN, so that payloads carry nothing across.
template <std::floating_point T>
constexpr T canonical(T value) {
  return value != value ? std::numeric_limits<T>::quiet_NaN() : value;
}

template <std::floating_point T>
  requires(sizeof(T) == 4 || sizeof(T) == 8)
struct Abi<T> {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static constexpr std::uint32_t size = sizeof(T);
  static constexpr std::uint32_t align = sizeof(T);
  static constexpr Flat flat = one(sizeof(T) == 4 ? Core::f32 : Core::f64);

  static void append_text(std::string& out) { out += sizeof(T) == 4 ? "f32" : "f64"; }
  static T lift_flat(Lift&, const std::uint64_t* words) {
    return canonical(std::bit_cast<T>(static_cast<Bits>(words[0])));
  }
  static T load(Lift& cx, std::uint32_t at) { return canonical(cx.load<T>(at)); }
  static void lower_flat(Lower&, T value, std::uint64_t* words) {
    words[0] = std::bit_cast<Bits>(canonical(value));
  }
  static void store(Lower& cx, T value, std::uint32_t at) { cx.store(at, canonical(value)); }
};

// ----------------------------------------------------------------------------------------------
// char

template <>
struct Abi<char32_t> {
  static constexpr std::uint32_t size = 4;
  static constexpr std::uint32_t align = 4;
  static constexpr Flat flat = one(Core::i32);

  static void append_text(std::string& out) { out += "char"; }
  // Spec: convert_i32_to_char. A code point that is no surrogate.
  static char32_t checked(Lift& cx, std::uint32_t value) {
    if (value >= 0x110000 || (value >= 0xd800 && value < 0xe000)) [[unlikely]] {
      not_a_char(cx, value);
      return 0;
    }
    return value;
  }
  static char32_t lift_flat(Lift& cx, const std::uint64_t* words) {
    return checked(cx, static_cast<std::uint32_t>(words[0]));
  }
  static char32_t load(Lift& cx, std::uint32_t at) {
    return checked(cx, cx.load<std::uint32_t>(at));
  }
  static std::uint32_t checked(Lower& cx, char32_t value) {
    if (value >= 0x110000 || (value >= 0xd800 && value < 0xe000)) [[unlikely]]
      cx.fail("the host gave a char that is no Unicode scalar value", CAPSTAN_ERROR_HOST);
    return value;
  }
  static void lower_flat(Lower& cx, char32_t value, std::uint64_t* words) {
    words[0] = checked(cx, value);
  }
  static void store(Lower& cx, char32_t value, std::uint32_t at) {
    cx.store(at, checked(cx, value));
  }

 private:
  static void not_a_char(Lift& cx, std::uint32_t value);
};

// ----------------------------------------------------------------------------------------------
// enum

// Out of line: the message about a discriminant that names no case.
void bad_discriminant(Lift& cx, std::uint64_t value, std::size_t cases);

template <typename T>
  requires DescribedAs<T, EnumShape>
struct Abi<T> {
  static constexpr auto shape = describe_type<T>();
  static constexpr std::size_t cases = shape.labels.size();
  using Bits = Discriminant<cases>;
  static constexpr std::uint32_t size = sizeof(Bits);
  static constexpr std::uint32_t align = sizeof(Bits);
  static constexpr Flat flat = one(Core::i32);

  static void append_text(std::string& out) { append_labels(out, "enum", shape.labels); }
  static T checked(Lift& cx, std::uint32_t value) {
    if (value >= cases) [[unlikely]] {
      bad_discriminant(cx, value, cases);
      value = 0;
    }
    return static_cast<T>(value);
  }
  static T lift_flat(Lift& cx, const std::uint64_t* words) {
    return checked(cx, static_cast<std::uint32_t>(words[0]));
  }
  static T load(Lift& cx, std::uint32_t at) { return checked(cx, cx.load<Bits>(at)); }
  static std::uint32_t checked(Lower& cx, T value) {
    const auto bits = static_cast<std::uint32_t>(value);
    if (bits >= cases) [[unlikely]]
      cx.fail("the host gave an enum value that is none of its cases", CAPSTAN_ERROR_HOST);
    return bits;
  }
  static void lower_flat(Lower& cx, T value, std::uint64_t* words) {
    words[0] = checked(cx, value);
  }
  static void store(Lower& cx, T value, std::uint32_t at) {
    cx.store(at, static_cast<Bits>(checked(cx, value)));
  }
};

// ---------------------------------------------------------------------------------------------
// flags

template <typename E>
struct Abi<Flags<E>> {
  static constexpr auto shape = describe_type<E>();
  static constexpr std::size_t count = shape.labels.size();
  static_assert(count >= 1 && count <= 32, "a WIT flags type has 1 to 32 flags");
  using Bits = std::conditional_t<(count <= 8), std::uint8_t,
                                  std::conditional_t<(count <= 16), std::uint16_t, std::uint32_t>>;
  static constexpr std::uint32_t mask =
      count == 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << (count % 32)) - 1;
  static constexpr std::uint32_t size = sizeof(Bits);
  static constexpr std::uint32_t align = sizeof(Bits);
  static constexpr Flat flat = one(Core::i32);

  static void append_text(std::string& out) { append_labels(out, "flags", shape.labels); }
  // Spec: bits that no label names are ignored.
  static Flags<E> lift_flat(Lift&, const std::uint64_t* words) {
    return Flags<E>::from_bits(static_cast<std::uint32_t>(words[0]) & mask);
  }
  static Flags<E> load(Lift& cx, std::uint32_t at) {
    return Flags<E>::from_bits(cx.load<Bits>(at) & mask);
  }
  static void lower_flat(Lower&, Flags<E> value, std::uint64_t* words) {
    words[0] = value.bits() & mask;
  }
  static void store(Lower& cx, Flags<E> value, std::uint32_t at) {
    cx.store(at, static_cast<Bits>(value.bits() & mask));
  }
};

}  // namespace capstan::abi
