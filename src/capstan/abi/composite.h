// record, tuple, variant, option and result.
#pragma once

#include <capstan/abi/describe.h>
#include <capstan/abi/scalar.h>
#include <capstan/abi/type.h>

#include <expected>
#include <optional>
#include <tuple>
#include <variant>

namespace capstan::abi {

// --------------------------------------------------------------------------------------- record,
// tuple

template <typename... Ts>
struct Abi<std::tuple<Ts...>> {
  using Layout = Fields<Ts...>;
  using Tuple = std::tuple<Ts...>;
  static constexpr std::uint32_t size = Layout::size;
  static constexpr std::uint32_t align = Layout::align;
  static constexpr Flat flat = Layout::flat;

  static void append_text(std::string& out) {
    out += "tuple<";
    bool first = true;
    ((out += first ? "" : ", ", first = false, Abi<Ts>::append_text(out)), ...);
    out += '>';
  }
  static Tuple lift_flat(Lift& cx, const std::uint64_t* words) {
    return lift_each(cx, words, std::index_sequence_for<Ts...>());
  }
  static Tuple load(Lift& cx, std::uint32_t at) {
    return load_each(cx, at, std::index_sequence_for<Ts...>());
  }
  template <typename Values>
  static void lower_flat(Lower& cx, Values&& values, std::uint64_t* words) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (Abi<Ts>::lower_flat(cx, std::get<I>(values), words + Layout::words[I]), ...);
    }(std::index_sequence_for<Ts...>());
  }
  template <typename Values>
  static void store(Lower& cx, Values&& values, std::uint32_t at) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (Abi<Ts>::store(cx, std::get<I>(values), at + Layout::offsets[I]), ...);
    }(std::index_sequence_for<Ts...>());
  }

 private:
  // Braces: the fields are lifted from left to right, as handles are delivered.
  template <std::size_t... I>
  static Tuple lift_each(Lift& cx, const std::uint64_t* words, std::index_sequence<I...>) {
    return Tuple{Abi<Ts>::lift_flat(cx, words + Layout::words[I])...};
  }
  template <std::size_t... I>
  static Tuple load_each(Lift& cx, std::uint32_t at, std::index_sequence<I...>) {
    return Tuple{Abi<Ts>::load(cx, at + Layout::offsets[I])...};
  }
};

template <typename T, typename Shape>
struct RecordAbi;

template <typename T, typename... Members>
struct RecordAbi<T, RecordShape<T, Members...>> {
  using Layout = Fields<Members...>;
  static constexpr auto shape = describe_type<T>();
  static constexpr std::uint32_t size = Layout::size;
  static constexpr std::uint32_t align = Layout::align;
  static constexpr Flat flat = Layout::flat;

  static void append_text(std::string& out) {
    out += "record { ";
    bool first = true;
    std::apply(
        [&](const auto&... fields) {
          ((out += first ? "" : ", ", first = false, out.append(fields.name).append(": "),
            Abi<Members>::append_text(out)),
           ...);
        },
        shape.fields);
    out += " }";
  }
  static T lift_flat(Lift& cx, const std::uint64_t* words) {
    T value{};
    each([&]<std::size_t I, typename M>() {
      value.*std::get<I>(shape.fields).member = Abi<M>::lift_flat(cx, words + Layout::words[I]);
    });
    return value;
  }
  static T load(Lift& cx, std::uint32_t at) {
    T value{};
    each([&]<std::size_t I, typename M>() {
      value.*std::get<I>(shape.fields).member = Abi<M>::load(cx, at + Layout::offsets[I]);
    });
    return value;
  }
  template <typename Value>
  static void lower_flat(Lower& cx, Value&& value, std::uint64_t* words) {
    each([&]<std::size_t I, typename M>() {
      Abi<M>::lower_flat(cx, value.*std::get<I>(shape.fields).member, words + Layout::words[I]);
    });
  }
  template <typename Value>
  static void store(Lower& cx, Value&& value, std::uint32_t at) {
    each([&]<std::size_t I, typename M>() {
      Abi<M>::store(cx, value.*std::get<I>(shape.fields).member, at + Layout::offsets[I]);
    });
  }

 private:
  // Calls f<index, member type>() for each field, in order.
  template <typename F>
  static void each(F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (f.template operator()<I, Members>(), ...);
    }(std::index_sequence_for<Members...>());
  }
};

template <typename T>
  requires DescribedAs<T, AnyRecordShape>
struct Abi<T> : RecordAbi<T, std::remove_cv_t<decltype(describe_type<T>())>> {};

// ---------------------------------------------------------------------------- variant, option,
// result

// A case without a payload is std::monostate (or void, for result).
template <typename T>
inline constexpr bool has_payload = !std::is_void_v<T> && !std::is_same_v<T, std::monostate>;

// Layout of a discriminant followed by one of several payloads. Spec: size_variant,
// flatten_variant.
template <typename... Payloads>
struct Cases {
  static constexpr std::size_t count = sizeof...(Payloads);
  using Bits = Discriminant<count>;

  template <typename T>
  static constexpr std::uint32_t payload_align() {
    if constexpr (has_payload<T>) return Abi<T>::align;
    return 1;
  }
  template <typename T>
  static constexpr std::uint32_t payload_size() {
    if constexpr (has_payload<T>) return Abi<T>::size;
    return 0;
  }
  template <typename T>
  static constexpr Flat payload_flat() {
    if constexpr (has_payload<T>) return Abi<T>::flat;
    return Flat{};
  }

  static constexpr std::uint32_t widest_align =
      std::max({std::uint32_t{1}, payload_align<Payloads>()...});
  static constexpr std::uint32_t align =
      std::max(static_cast<std::uint32_t>(sizeof(Bits)), widest_align);
  static constexpr std::uint32_t payload_offset = align_to(sizeof(Bits), widest_align);
  static constexpr std::uint32_t size =
      align_to(payload_offset + std::max({std::uint32_t{0}, payload_size<Payloads>()...}), align);
  static constexpr Flat flat = [] {
    Flat payload;
    ((payload = join(payload, payload_flat<Payloads>())), ...);
    Flat all = one(Core::i32);
    all.append(payload);
    return all;
  }();

  static std::uint32_t checked(Lift& cx, std::uint32_t value) {
    if (value >= count) [[unlikely]] {
      bad_discriminant(cx, value, count);
      return 0;
    }
    return value;
  }
  static std::uint32_t lift_discriminant(Lift& cx, const std::uint64_t* words) {
    return checked(cx, static_cast<std::uint32_t>(words[0]));
  }
  static std::uint32_t load_discriminant(Lift& cx, std::uint32_t at) {
    return checked(cx, cx.load<Bits>(at));
  }
  // Words that the active case does not use are zero.
  static void lower_discriminant(std::uint32_t value, std::uint64_t* words) {
    words[0] = value;
    for (std::size_t i = 1; i < std::min(flat.count, flat_max); ++i) words[i] = 0;
  }
  static void store_discriminant(Lower& cx, std::uint32_t value, std::uint32_t at) {
    cx.store(at, static_cast<Bits>(value));
  }
};

template <typename T>
struct Abi<std::optional<T>> {
  using Layout = Cases<std::monostate, T>;
  static constexpr std::uint32_t size = Layout::size;
  static constexpr std::uint32_t align = Layout::align;
  static constexpr Flat flat = Layout::flat;

  static void append_text(std::string& out) {
    out += "option<";
    Abi<T>::append_text(out);
    out += '>';
  }
  static std::optional<T> lift_flat(Lift& cx, const std::uint64_t* words) {
    if (Layout::lift_discriminant(cx, words) == 0) return std::nullopt;
    return std::optional<T>(std::in_place, Abi<T>::lift_flat(cx, words + 1));
  }
  static std::optional<T> load(Lift& cx, std::uint32_t at) {
    if (Layout::load_discriminant(cx, at) == 0) return std::nullopt;
    return std::optional<T>(std::in_place, Abi<T>::load(cx, at + Layout::payload_offset));
  }
  template <typename Value>
  static void lower_flat(Lower& cx, Value&& value, std::uint64_t* words) {
    Layout::lower_discriminant(value ? 1 : 0, words);
    if (value) Abi<T>::lower_flat(cx, *value, words + 1);
  }
  template <typename Value>
  static void store(Lower& cx, Value&& value, std::uint32_t at) {
    Layout::store_discriminant(cx, value ? 1 : 0, at);
    if (value) Abi<T>::store(cx, *value, at + Layout::payload_offset);
  }
};

// result<T, E> is std::expected<T, E>; result<_, E> has T = void, result<T> has E = std::monostate.
template <typename T, typename E>
struct Abi<std::expected<T, E>> {
  using Expected = std::expected<T, E>;
  using Layout = Cases<T, E>;
  static constexpr std::uint32_t size = Layout::size;
  static constexpr std::uint32_t align = Layout::align;
  static constexpr Flat flat = Layout::flat;

  static void append_text(std::string& out) {
    out += "result";
    if constexpr (has_payload<T> || has_payload<E>) {
      out += '<';
      if constexpr (has_payload<T>) {
        Abi<T>::append_text(out);
      } else {
        out += '_';
      }
      if constexpr (has_payload<E>) {
        out += ", ";
        Abi<E>::append_text(out);
      }
      out += '>';
    }
  }
  static Expected lift_flat(Lift& cx, const std::uint64_t* words) {
    if (Layout::lift_discriminant(cx, words) == 0) {
      if constexpr (has_payload<T>)
        return Expected(std::in_place, Abi<T>::lift_flat(cx, words + 1));
      return Expected();
    }
    if constexpr (has_payload<E>) return std::unexpected(Abi<E>::lift_flat(cx, words + 1));
    return Expected(std::unexpect);
  }
  static Expected load(Lift& cx, std::uint32_t at) {
    if (Layout::load_discriminant(cx, at) == 0) {
      if constexpr (has_payload<T>)
        return Expected(std::in_place, Abi<T>::load(cx, at + Layout::payload_offset));
      return Expected();
    }
    if constexpr (has_payload<E>)
      return std::unexpected(Abi<E>::load(cx, at + Layout::payload_offset));
    return Expected(std::unexpect);
  }
  template <typename Value>
  static void lower_flat(Lower& cx, Value&& value, std::uint64_t* words) {
    Layout::lower_discriminant(value ? 0 : 1, words);
    if (value) {
      if constexpr (has_payload<T>) Abi<T>::lower_flat(cx, *value, words + 1);
    } else {
      if constexpr (has_payload<E>) Abi<E>::lower_flat(cx, value.error(), words + 1);
    }
  }
  template <typename Value>
  static void store(Lower& cx, Value&& value, std::uint32_t at) {
    Layout::store_discriminant(cx, value ? 0 : 1, at);
    if (value) {
      if constexpr (has_payload<T>) Abi<T>::store(cx, *value, at + Layout::payload_offset);
    } else {
      if constexpr (has_payload<E>) Abi<E>::store(cx, value.error(), at + Layout::payload_offset);
    }
  }
};

template <typename T, typename Storage>
struct VariantAbi;

template <typename T, typename... Payloads>
struct VariantAbi<T, std::variant<Payloads...>> {
  using Layout = Cases<Payloads...>;
  using Storage = std::variant<Payloads...>;
  static constexpr auto shape = describe_type<T>();
  static_assert(shape.labels.size() == sizeof...(Payloads));
  static constexpr std::uint32_t size = Layout::size;
  static constexpr std::uint32_t align = Layout::align;
  static constexpr Flat flat = Layout::flat;

  static void append_text(std::string& out) {
    out += "variant { ";
    std::size_t i = 0;
    ((out += i == 0 ? "" : ", ", append_case<Payloads>(out, shape.labels[i++])), ...);
    out += " }";
  }
  static T lift_flat(Lift& cx, const std::uint64_t* words) {
    T value;
    with_case(Layout::lift_discriminant(cx, words), [&]<std::size_t I, typename P>() {
      if constexpr (has_payload<P>) {
        value.storage().template emplace<I>(Abi<P>::lift_flat(cx, words + 1));
      } else {
        value.storage().template emplace<I>();
      }
    });
    return value;
  }
  static T load(Lift& cx, std::uint32_t at) {
    T value;
    with_case(Layout::load_discriminant(cx, at), [&]<std::size_t I, typename P>() {
      if constexpr (has_payload<P>) {
        value.storage().template emplace<I>(Abi<P>::load(cx, at + Layout::payload_offset));
      } else {
        value.storage().template emplace<I>();
      }
    });
    return value;
  }
  template <typename Value>
  static void lower_flat(Lower& cx, Value&& value, std::uint64_t* words) {
    auto& storage = mutable_storage(value);
    Layout::lower_discriminant(static_cast<std::uint32_t>(storage.index()), words);
    with_case(storage.index(), [&]<std::size_t I, typename P>() {
      if constexpr (has_payload<P>) Abi<P>::lower_flat(cx, std::get<I>(storage), words + 1);
    });
  }
  template <typename Value>
  static void store(Lower& cx, Value&& value, std::uint32_t at) {
    auto& storage = mutable_storage(value);
    Layout::store_discriminant(cx, static_cast<std::uint32_t>(storage.index()), at);
    with_case(storage.index(), [&]<std::size_t I, typename P>() {
      if constexpr (has_payload<P>)
        Abi<P>::store(cx, std::get<I>(storage), at + Layout::payload_offset);
    });
  }

 private:
  template <typename P>
  static void append_case(std::string& out, std::string_view label) {
    out += label;
    if constexpr (has_payload<P>) {
      out += '(';
      Abi<P>::append_text(out);
      out += ')';
    }
  }
  static Storage& mutable_storage(T& value) { return value.storage(); }
  static const Storage& mutable_storage(const T& value) { return const_cast<T&>(value).storage(); }
  template <typename F>
  static void with_case(std::size_t index, F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (void)((index == I && (f.template operator()<I, Payloads>(), true)) || ...);
    }(std::index_sequence_for<Payloads...>());
  }
};

template <typename T>
  requires DescribedAs<T, VariantShape>
struct Abi<T> : VariantAbi<T, typename T::Storage> {};

}  // namespace capstan::abi
