// list<T> and list<T, N>.
//
// A list of numbers is the same bytes on both sides: as a std::span argument it is a view of guest
// memory, as a std::vector one copy. Other elements are lifted and lowered one by one.
#pragma once

#include <capstan/abi/scalar.h>
#include <capstan/abi/type.h>
#include <capstan/base/bytes.h>

#include <array>
#include <span>
#include <vector>

namespace capstan::abi {

// Elements whose guest form is their C++ object form. bool and char are not: they have invalid bit
// patterns.
template <typename T>
concept Bulk = Integer<T> || std::floating_point<T>;

// Where a list lies in guest memory, checked.
struct ListRange {
  std::uint32_t offset = 0;
  std::uint32_t count = 0;
  const std::uint8_t* data = nullptr;
};
// Spec: load_list_from_range, the checks.
ListRange check_list(Lift& cx, std::uint32_t offset, std::uint32_t count,
                     std::uint32_t element_size, std::uint32_t element_align);
// Room for a list in the guest; count is checked against what a 32-bit guest can hold.
ListRange allocate_list(Lower& cx, std::size_t count, std::uint32_t element_size,
                        std::uint32_t element_align);

// Spec: canonicalize_nan, for a block of floats inside guest memory.
void store_floats(Lower& cx, std::uint32_t at, const float* values, std::size_t count);
void store_floats(Lower& cx, std::uint32_t at, const double* values, std::size_t count);

template <Bulk T>
void store_bulk(Lower& cx, std::uint32_t at, const T* values, std::size_t count) {
  if constexpr (std::floating_point<T>) {
    store_floats(cx, at, values, count);
  } else {
    cx.store_bytes(at, values, count * sizeof(T));
  }
}

// What all lists share: a pointer and a length.
template <typename Derived, typename T, typename List>
struct ListAbi {
  static constexpr std::uint32_t size = 8;
  static constexpr std::uint32_t align = 4;
  static constexpr Flat flat = [] {
    Flat two;
    two.append(Core::i32);
    two.append(Core::i32);
    return two;
  }();

  static void append_text(std::string& out) {
    out += "list<";
    Abi<T>::append_text(out);
    out += '>';
  }
  static List lift_flat(Lift& cx, const std::uint64_t* words) {
    return lift_range(cx, static_cast<std::uint32_t>(words[0]),
                      static_cast<std::uint32_t>(words[1]));
  }
  static List load(Lift& cx, std::uint32_t at) {
    return lift_range(cx, cx.load<std::uint32_t>(at), cx.load<std::uint32_t>(at + 4));
  }
  template <typename Values>
  static void lower_flat(Lower& cx, Values&& values, std::uint64_t* words) {
    const ListRange range = Derived::write(cx, values);
    words[0] = range.offset;
    words[1] = range.count;
  }
  template <typename Values>
  static void store(Lower& cx, Values&& values, std::uint32_t at) {
    const ListRange range = Derived::write(cx, values);
    cx.store(at, range.offset);
    cx.store(at + 4, range.count);
  }

 private:
  static List lift_range(Lift& cx, std::uint32_t offset, std::uint32_t count) {
    const ListRange range = check_list(cx, offset, count, Abi<T>::size, Abi<T>::align);
    return cx.ok() ? Derived::read(cx, range) : List{};
  }
};

template <Bulk T>
struct Abi<std::span<const T>> : ListAbi<Abi<std::span<const T>>, T, std::span<const T>> {
  static std::span<const T> read(Lift&, const ListRange& range) {
    return {reinterpret_cast<const T*>(range.data), range.count};
  }
  static ListRange write(Lower& cx, std::span<const T> values) {
    const ListRange range = allocate_list(cx, values.size(), sizeof(T), alignof(T));
    store_bulk(cx, range.offset, values.data(), values.size());
    return range;
  }
};

template <Bulk T>
struct Abi<std::vector<T>> : ListAbi<Abi<std::vector<T>>, T, std::vector<T>> {
  static std::vector<T> read(Lift& cx, const ListRange& range) {
    if (!cx.consume(range.count, sizeof(T))) return {};
    const auto* first = reinterpret_cast<const T*>(range.data);
    std::vector<T> values(first, first + range.count);
    if constexpr (std::floating_point<T>) {
      for (T& value : values) value = canonical(value);
    }
    return values;
  }
  static ListRange write(Lower& cx, std::span<const T> values) {
    return Abi<std::span<const T>>::write(cx, values);
  }
};

template <typename T>
struct Abi<std::vector<T>> : ListAbi<Abi<std::vector<T>>, T, std::vector<T>> {
  static std::vector<T> read(Lift& cx, const ListRange& range) {
    std::vector<T> values;
    if (!cx.consume(range.count, sizeof(T))) return values;
    values.reserve(range.count);
    for (std::uint32_t i = 0; i < range.count && cx.ok(); ++i)
      values.push_back(Abi<T>::load(cx, range.offset + i * Abi<T>::size));
    return values;
  }
  template <typename Values>
  static ListRange write(Lower& cx, Values& values) {
    const ListRange range = allocate_list(cx, values.size(), Abi<T>::size, Abi<T>::align);
    std::uint32_t at = range.offset;
    for (auto&& value : values) {
      if (!cx.ok()) break;
      Abi<T>::store(cx, value, at);
      at += Abi<T>::size;
    }
    return range;
  }
};

// A byte string that is kept by the host and shared with it.
template <>
struct Abi<Bytes> : ListAbi<Abi<Bytes>, std::uint8_t, Bytes> {
  static Bytes read(Lift& cx, const ListRange& range) {
    if (!cx.consume(range.count, 1)) return {};
    return Bytes::copy_of(std::span(range.data, range.count));
  }
  static ListRange write(Lower& cx, const Bytes& bytes) {
    return Abi<std::span<const std::uint8_t>>::write(cx, bytes.view());
  }
};

// A list of other elements as a view of the host's own values: an argument of an export. Not for
// lifting.
template <typename T>
  requires(!Bulk<T>)
struct Abi<std::span<const T>> : ListAbi<Abi<std::vector<T>>, T, std::vector<T>> {};

template <typename T, std::size_t N>
struct Abi<std::array<T, N>> {
  static constexpr std::uint32_t size = Abi<T>::size * static_cast<std::uint32_t>(N);
  static constexpr std::uint32_t align = Abi<T>::align;
  static constexpr Flat flat = [] {
    Flat all;
    for (std::size_t i = 0; i < N && all.count <= flat_max; ++i) all.append(Abi<T>::flat);
    return all;
  }();

  static void append_text(std::string& out) {
    out += "list<";
    Abi<T>::append_text(out);
    out += ", " + std::to_string(N) + '>';
  }
  static std::array<T, N> lift_flat(Lift& cx, const std::uint64_t* words) {
    std::array<T, N> values{};
    for (std::size_t i = 0; i < N && cx.ok(); ++i)
      values[i] = Abi<T>::lift_flat(cx, words + i * Abi<T>::flat.count);
    return values;
  }
  static std::array<T, N> load(Lift& cx, std::uint32_t at) {
    std::array<T, N> values{};
    for (std::size_t i = 0; i < N && cx.ok(); ++i)
      values[i] = Abi<T>::load(cx, at + static_cast<std::uint32_t>(i) * Abi<T>::size);
    return values;
  }
  template <typename Values>
  static void lower_flat(Lower& cx, Values&& values, std::uint64_t* words) {
    for (std::size_t i = 0; i < N; ++i)
      Abi<T>::lower_flat(cx, values[i], words + i * Abi<T>::flat.count);
  }
  template <typename Values>
  static void store(Lower& cx, Values&& values, std::uint32_t at) {
    for (std::size_t i = 0; i < N; ++i)
      Abi<T>::store(cx, values[i], at + static_cast<std::uint32_t>(i) * Abi<T>::size);
  }
};

}  // namespace capstan::abi
