// Random values of any type that crosses the component boundary.
//
// Small numbers of elements, interesting numbers more often than others. A generator is given by
// its seed, which a failing test prints.
#pragma once

#include <capstan/abi/composite.h>
#include <capstan/abi/list.h>
#include <capstan/abi/text.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace capstan::testing {

using Random = std::mt19937_64;

inline std::size_t below(Random& random, std::size_t end) { return random() % end; }

template <typename T>
struct Make;

template <typename T>
T make(Random& random) {
  return Make<T>::make(random);
}

template <abi::Integer T>
struct Make<T> {
  static T make(Random& random) {
    using Limits = std::numeric_limits<T>;
    switch (below(random, 6)) {
      case 0:
        return 0;
      case 1:
        return Limits::max();
      case 2:
        return Limits::min();
      default:
        return static_cast<T>(random());
    }
  }
};

template <>
struct Make<bool> {
  static bool make(Random& random) { return below(random, 2) == 1; }
};

// No NaN, so that values can be compared; NaN has tests of its own.
template <std::floating_point T>
struct Make<T> {
  static T make(Random& random) {
    using Limits = std::numeric_limits<T>;
    switch (below(random, 6)) {
      case 0:
        return -T{0};
      case 1:
        return Limits::infinity();
      case 2:
        return Limits::denorm_min();
      default:
        return static_cast<T>(static_cast<std::int64_t>(random())) / 1024;
    }
  }
};

template <>
struct Make<char32_t> {
  static char32_t make(Random& random) {
    static constexpr char32_t edges[] = {0,     0x7f,   0x80,   0xff,   0x100,   0x7ff,
                                         0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    if (below(random, 3) == 0) return edges[below(random, std::size(edges))];
    const auto c = static_cast<char32_t>(below(random, 0x110000 - 0x800));
    return c < 0xd800 ? c : c + 0x800;
  }
};

template <>
struct Make<std::string> {
  static std::string make(Random& random) {
    const std::size_t kind = below(random, 3);  // ASCII, latin-1, anything
    const std::size_t length = below(random, 5) == 0 ? below(random, 400) : below(random, 12);
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
      char32_t c = testing::make<char32_t>(random);
      if (kind == 0) c = 0x20 + c % 0x5f;
      if (kind == 1) c = c % 0x100;
      append(text, c);
    }
    return text;
  }

 private:
  static void append(std::string& text, char32_t c) {
    const auto byte = [&text](char32_t b) { text.push_back(static_cast<char>(b)); };
    if (c < 0x80) return byte(c);
    if (c < 0x800) return byte(0xc0 | (c >> 6)), byte(0x80 | (c & 0x3f));
    if (c < 0x10000)
      return byte(0xe0 | (c >> 12)), byte(0x80 | ((c >> 6) & 0x3f)), byte(0x80 | (c & 0x3f));
    byte(0xf0 | (c >> 18)), byte(0x80 | ((c >> 12) & 0x3f)), byte(0x80 | ((c >> 6) & 0x3f)),
        byte(0x80 | (c & 0x3f));
  }
};

template <typename T>
struct Make<std::vector<T>> {
  static std::vector<T> make(Random& random) {
    std::vector<T> values;
    const std::size_t count =
        abi::Bulk<T> && below(random, 8) == 0 ? below(random, 5000) : below(random, 5);
    for (std::size_t i = 0; i < count; ++i) values.push_back(testing::make<T>(random));
    return values;
  }
};

template <typename T, std::size_t N>
struct Make<std::array<T, N>> {
  static std::array<T, N> make(Random& random) {
    std::array<T, N> values;
    for (T& value : values) value = testing::make<T>(random);
    return values;
  }
};

template <typename T>
struct Make<std::optional<T>> {
  static std::optional<T> make(Random& random) {
    if (below(random, 3) == 0) return std::nullopt;
    return std::optional<T>(std::in_place, testing::make<T>(random));
  }
};

template <typename T, typename E>
struct Make<std::expected<T, E>> {
  static std::expected<T, E> make(Random& random) {
    if (below(random, 2) == 0) {
      if constexpr (std::is_same_v<E, std::monostate>)
        return std::unexpected(E{});
      else
        return std::unexpected(testing::make<E>(random));
    }
    if constexpr (std::is_void_v<T>)
      return {};
    else
      return std::expected<T, E>(std::in_place, testing::make<T>(random));
  }
};

template <typename... Ts>
struct Make<std::tuple<Ts...>> {
  static std::tuple<Ts...> make(Random& random) {
    return std::tuple<Ts...>{testing::make<Ts>(random)...};
  }
};

template <typename E>
struct Make<Flags<E>> {
  static Flags<E> make(Random& random) {
    return Flags<E>::from_bits(static_cast<std::uint32_t>(random()) & abi::Abi<Flags<E>>::mask);
  }
};

template <typename T>
  requires abi::DescribedAs<T, abi::EnumShape>
struct Make<T> {
  static T make(Random& random) { return static_cast<T>(below(random, abi::Abi<T>::cases)); }
};

template <typename T>
  requires abi::DescribedAs<T, abi::AnyRecordShape>
struct Make<T> {
  static T make(Random& random) {
    T value;
    std::apply([&](const auto&... fields) { (fill(random, value.*fields.member), ...); },
               abi::describe_type<T>().fields);
    return value;
  }

 private:
  template <typename M>
  static void fill(Random& random, M& member) {
    member = testing::make<M>(random);
  }
};

template <typename T>
  requires abi::DescribedAs<T, abi::VariantShape>
struct Make<T> {
  static T make(Random& random) {
    T value;
    pick(random, value.storage(), below(random, std::variant_size_v<typename T::Storage>));
    return value;
  }

 private:
  template <typename... Ps>
  static void pick(Random& random, std::variant<Ps...>& storage, std::size_t index) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (void)((index == I && (fill<I, Ps>(random, storage), true)) || ...);
    }(std::index_sequence_for<Ps...>());
  }
  template <std::size_t I, typename P, typename S>
  static void fill(Random& random, S& storage) {
    if constexpr (abi::has_payload<P>)
      storage.template emplace<I>(testing::make<P>(random));
    else
      storage.template emplace<I>();
  }
};

}  // namespace capstan::testing
