// Values as text, in the form that the oracle reads and writes (capstan/peer.h).
#pragma once

#include <capstan/abi/composite.h>
#include <capstan/abi/list.h>
#include <capstan/abi/text.h>

#include <fmt/format.h>

#include <bit>
#include <string>
#include <string_view>

namespace capstan::testing {

template <typename T>
struct Text;

template <typename T>
void append(std::string& out, const T& value) {
  Text<T>::append(out, value);
}

template <typename T>
std::string text_of(const T& value) {
  std::string out;
  append(out, value);
  return out;
}

inline void append_escaped(std::string& out, std::string_view utf8, char quote) {
  out += quote;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const char c = utf8[i];
    const auto byte = static_cast<unsigned char>(c);
    const auto next = i + 1 < utf8.size() ? static_cast<unsigned char>(utf8[i + 1]) : 0u;
    if (c == '\\' || c == quote) {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{{{:x}}}", byte);
    } else if (byte == 0xc2 && next < 0xa0) {  // U+0080 to U+009f are control characters too
      out += fmt::format("\\u{{{:x}}}", next);
      ++i;
    } else {
      out += c;
    }
  }
  out += quote;
}

template <abi::Integer T>
struct Text<T> {
  static void append(std::string& out, T value) { out += std::to_string(value); }
};

template <>
struct Text<bool> {
  static void append(std::string& out, bool value) { out += value ? "true" : "false"; }
};

template <std::floating_point T>
struct Text<T> {
  static void append(std::string& out, T value) {
    using Bits = typename abi::Abi<T>::Bits;
    out += value != value ? "nan"
                          : fmt::format("0x{:0{}x}", std::bit_cast<Bits>(value), sizeof(T) * 2);
  }
};

template <>
struct Text<std::string> {
  static void append(std::string& out, const std::string& value) {
    append_escaped(out, value, '"');
  }
};

template <typename T>
struct Text<std::vector<T>> {
  static void append(std::string& out, const std::vector<T>& values) {
    out += '[';
    bool first = true;
    for (const T& value : values) {
      if (!first) out += ", ";
      first = false;
      testing::append<T>(out, value);
    }
    out += ']';
  }
};

template <typename T>
struct Text<std::optional<T>> {
  static void append(std::string& out, const std::optional<T>& value) {
    if (!value) {
      out += "none";
      return;
    }
    out += "some(";
    testing::append<T>(out, *value);
    out += ')';
  }
};

template <typename T, typename E>
struct Text<std::expected<T, E>> {
  static void append(std::string& out, const std::expected<T, E>& value) {
    out += value ? "ok" : "err";
    if (value) {
      if constexpr (abi::has_payload<T>) parenthesized(out, *value);
    } else {
      if constexpr (abi::has_payload<E>) parenthesized(out, value.error());
    }
  }

 private:
  template <typename P>
  static void parenthesized(std::string& out, const P& payload) {
    out += '(';
    testing::append<P>(out, payload);
    out += ')';
  }
};

template <typename... Ts>
struct Text<std::tuple<Ts...>> {
  static void append(std::string& out, const std::tuple<Ts...>& value) {
    out += '(';
    std::apply(
        [&](const Ts&... members) {
          bool first = true;
          ((out += first ? "" : ", ", first = false, testing::append<Ts>(out, members)), ...);
        },
        value);
    out += ')';
  }
};

template <typename E>
struct Text<Flags<E>> {
  static void append(std::string& out, Flags<E> value) {
    out += '{';
    bool first = true;
    for (std::size_t i = 0; i < abi::Abi<Flags<E>>::count; ++i) {
      if (!value.has(static_cast<E>(i))) continue;
      out.append(first ? "" : ", ").append(abi::Abi<Flags<E>>::shape.labels[i]);
      first = false;
    }
    out += '}';
  }
};

template <typename T>
  requires abi::DescribedAs<T, abi::EnumShape>
struct Text<T> {
  static void append(std::string& out, T value) {
    out += abi::Abi<T>::shape.labels[static_cast<std::size_t>(value)];
  }
};

template <typename T>
  requires abi::DescribedAs<T, abi::AnyRecordShape>
struct Text<T> {
  static void append(std::string& out, const T& value) {
    out += '{';
    bool first = true;
    std::apply(
        [&](const auto&... fields) { (field(out, first, fields.name, value.*fields.member), ...); },
        abi::describe_type<T>().fields);
    out += '}';
  }

 private:
  template <typename M>
  static void field(std::string& out, bool& first, std::string_view name, const M& member) {
    out.append(first ? "" : ", ").append(name).append(": ");
    first = false;
    testing::append<M>(out, member);
  }
};

template <typename T>
  requires abi::DescribedAs<T, abi::VariantShape>
struct Text<T> {
  static void append(std::string& out, const T& value) {
    out += abi::describe_type<T>().labels[static_cast<std::size_t>(value.which())];
    value.visit([&out](auto, const auto& payload) {
      using P = std::remove_cvref_t<decltype(payload)>;
      if constexpr (abi::has_payload<P>) {
        out += '(';
        testing::append<P>(out, payload);
        out += ')';
      }
    });
  }
};

}  // namespace capstan::testing
