// Abi<T>: how one C++ type crosses the component boundary.
//
// A specialisation exists for each component-model value type (scalar.h, text.h, list.h,
// composite.h, handle.h) and has, named as in the canonical ABI specification:
//
//   size, align          its layout in guest memory
//   flat                 its flat core types
//   append_text(out)     its type as canonical text, compared with the component's when linking
//   lift_flat(cx, w)     from flat words                  load(cx, at)      from guest memory
//   lower_flat(cx, v, w) to flat words                    store(cx, v, at)  to guest memory
//
// Offsets given to load and store are in bounds and aligned; whoever follows a pointer checks it.
// Values are taken by reference to non-const when lowered, so that owned handles can move out.
#pragma once

#include <capstan/abi/call.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace capstan::abi {

template <typename T>
struct Abi;

enum class Core : std::uint8_t { i32, i64, f32, f64 };

// The flat core types of a value, as far as they matter: a value with more than `flat_max` of them
// always travels through memory.
inline constexpr std::size_t flat_max = 16;
struct Flat {
  std::size_t count = 0;  // exact up to flat_max, then flat_max + 1
  std::array<Core, flat_max> types{};

  constexpr void append(Core type) {
    if (count < flat_max) types[count] = type;
    count = std::min(count + 1, flat_max + 1);
  }
  constexpr void append(const Flat& other) {
    for (std::size_t i = 0; i < std::min(other.count, flat_max); ++i) append(other.types[i]);
    if (other.count > flat_max) count = flat_max + 1;
  }
};

// Spec: join. The core type that can carry either.
constexpr Core join(Core a, Core b) {
  if (a == b) return a;
  const bool both_narrow = (a == Core::i32 || a == Core::f32) && (b == Core::i32 || b == Core::f32);
  return both_narrow ? Core::i32 : Core::i64;
}

// Spec: flatten_variant, without the discriminant: the cases' flat types side by side.
constexpr Flat join(const Flat& a, const Flat& b) {
  Flat joined;
  joined.count = std::max(a.count, b.count);
  for (std::size_t i = 0; i < std::min(joined.count, flat_max); ++i) {
    if (i >= a.count) {
      joined.types[i] = b.types[i];
    } else if (i >= b.count) {
      joined.types[i] = a.types[i];
    } else {
      joined.types[i] = join(a.types[i], b.types[i]);
    }
  }
  return joined;
}

constexpr Flat one(Core type) {
  Flat flat;
  flat.append(type);
  return flat;
}

constexpr std::uint32_t align_to(std::uint32_t offset, std::uint32_t align) {
  return (offset + align - 1) & ~(align - 1);
}

// Where the fields of a record or tuple lie.
template <typename... Ts>
struct Fields {
  static constexpr std::uint32_t align = std::max({std::uint32_t{1}, Abi<Ts>::align...});
  static constexpr std::array<std::uint32_t, sizeof...(Ts)> offsets = [] {
    std::array<std::uint32_t, sizeof...(Ts)> at{};
    std::uint32_t end = 0;
    std::size_t i = 0;
    ((at[i] = align_to(end, Abi<Ts>::align), end = at[i++] + Abi<Ts>::size), ...);
    return at;
  }();
  static constexpr std::uint32_t size = [] {
    std::uint32_t end = 0;
    ((end = align_to(end, Abi<Ts>::align) + Abi<Ts>::size), ...);
    return align_to(end, align);
  }();
  static constexpr Flat flat = [] {
    Flat all;
    (all.append(Abi<Ts>::flat), ...);
    return all;
  }();
  // Index of each field's first flat word; meaningful when the whole is flat.
  static constexpr std::array<std::size_t, sizeof...(Ts)> words = [] {
    std::array<std::size_t, sizeof...(Ts)> at{};
    std::size_t next = 0;
    std::size_t i = 0;
    ((at[i++] = next, next += Abi<Ts>::flat.count), ...);
    return at;
  }();
};

// The discriminant of a variant, option, result or enum with this many cases.
template <std::size_t Cases>
using Discriminant =
    std::conditional_t<(Cases <= 0x100), std::uint8_t,
                       std::conditional_t<(Cases <= 0x10000), std::uint16_t, std::uint32_t>>;

}  // namespace capstan::abi
