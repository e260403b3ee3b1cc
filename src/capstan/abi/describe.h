// How generated types describe themselves: records, variants, enums and flags.
//
// Generated code states names and members once, as constexpr data; the templates beside this file
// derive layout, text, lifting and lowering from it. A type T is described by a free function found
// next to it:
//
//   struct Point { std::int32_t x; std::int32_t y; };
//   constexpr auto describe(const Point*) { return abi::record(abi::field("x", &Point::x),
//   abi::field("y", &Point::y)); }
//
//   enum class Level : std::uint8_t { info, warn };
//   constexpr auto describe(const Level*) { return abi::enumeration("info", "warn"); }
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace capstan {

// A set of flags; `E` numbers them from 0 in the order of the WIT text.
//
//   Permissions p = {PermissionsFlag::read, PermissionsFlag::exec};
//   if (p.has(PermissionsFlag::exec)) ...
template <typename E>
class Flags {
 public:
  constexpr Flags() = default;
  constexpr Flags(E flag) : bits_(bit(flag)) {}  // NOLINT: a flag is a set of one
  constexpr Flags(std::initializer_list<E> flags) {
    for (const E flag : flags) bits_ |= bit(flag);
  }
  static constexpr Flags from_bits(std::uint32_t bits) {
    Flags flags;
    flags.bits_ = bits;
    return flags;
  }

  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  [[nodiscard]] constexpr bool has(E flag) const { return (bits_ & bit(flag)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr Flags& set(E flag, bool on = true) {
    bits_ = on ? bits_ | bit(flag) : bits_ & ~bit(flag);
    return *this;
  }

  friend constexpr Flags operator|(Flags a, Flags b) { return from_bits(a.bits_ | b.bits_); }
  friend constexpr Flags operator&(Flags a, Flags b) { return from_bits(a.bits_ & b.bits_); }
  friend constexpr Flags operator^(Flags a, Flags b) { return from_bits(a.bits_ ^ b.bits_); }
  friend constexpr Flags operator-(Flags a, Flags b) { return from_bits(a.bits_ & ~b.bits_); }
  friend constexpr bool operator==(Flags a, Flags b) = default;

 private:
  static constexpr std::uint32_t bit(E flag) {
    return std::uint32_t{1} << static_cast<std::uint32_t>(flag);
  }
  std::uint32_t bits_ = 0;
};

// A value that is one of several named cases, each with its own payload (std::monostate: none).
// Generated variants derive from it and add a named constructor for each case.
//
//   Error e = Error::other("disk full");
//   if (e.is(Error::Case::other)) use(e.get<Error::Case::other>());
//   e.visit([](auto which, const auto& payload) { ... });   // `which` is an integral_constant of
//   Case
template <typename CaseEnum, typename... Payloads>
class Variant {
 public:
  using Case = CaseEnum;
  using Storage = std::variant<Payloads...>;

  Variant() = default;  // the first case, with a default payload

  [[nodiscard]] Case which() const { return static_cast<Case>(storage_.index()); }
  [[nodiscard]] bool is(Case which_case) const { return which() == which_case; }

  // The payload of a case that is known to hold; throws std::bad_variant_access when it does not.
  template <Case C>
  [[nodiscard]] auto& get() {
    return std::get<static_cast<std::size_t>(C)>(storage_);
  }
  template <Case C>
  [[nodiscard]] const auto& get() const {
    return std::get<static_cast<std::size_t>(C)>(storage_);
  }
  // The payload, or nullptr when another case holds.
  template <Case C>
  [[nodiscard]] auto* get_if() {
    return std::get_if<static_cast<std::size_t>(C)>(&storage_);
  }
  template <Case C>
  [[nodiscard]] const auto* get_if() const {
    return std::get_if<static_cast<std::size_t>(C)>(&storage_);
  }

  // Calls `f(which, payload)` for the case that holds.
  template <typename F>
  decltype(auto) visit(F&& f) const {
    return visit_from<0>(std::forward<F>(f));
  }

  friend bool operator==(const Variant& a, const Variant& b)
    requires(std::equality_comparable<Payloads> && ...)
  {
    return a.storage_ == b.storage_;
  }

  // For the canonical ABI and for generated constructors.
  [[nodiscard]] Storage& storage() { return storage_; }

 protected:
  template <Case C, typename... Args>
  void hold(Args&&... args) {
    storage_.template emplace<static_cast<std::size_t>(C)>(std::forward<Args>(args)...);
  }
  // A `Self`, which derives from this, that holds case C: what named constructors return.
  template <typename Self, Case C, typename... Args>
  static Self make(Args&&... args) {
    Self self;
    self.template hold<C>(std::forward<Args>(args)...);
    return self;
  }

 private:
  template <std::size_t I, typename F>
  decltype(auto) visit_from(F&& f) const {
    if constexpr (I + 1 < sizeof...(Payloads)) {
      if (storage_.index() != I) return visit_from<I + 1>(std::forward<F>(f));
    }
    return f(std::integral_constant<Case, static_cast<Case>(I)>{}, std::get<I>(storage_));
  }

  Storage storage_;
};

namespace abi {

template <typename Record, typename Member>
struct Field {
  std::string_view name;
  Member Record::* member;
};

template <typename Record, typename... Members>
struct RecordShape {
  std::tuple<Field<Record, Members>...> fields;
};

template <std::size_t N>
struct EnumLabels {
  std::array<std::string_view, N> labels;
};
template <std::size_t N>
struct VariantLabels {
  std::array<std::string_view, N> labels;
};

template <typename Record, typename Member>
constexpr Field<Record, Member> field(std::string_view name, Member Record::* member) {
  return {name, member};
}
template <typename Record, typename... Members>
constexpr RecordShape<Record, Members...> record(Field<Record, Members>... fields) {
  return {std::tuple(fields...)};
}
// The labels of an enum, or of the flags of a flags type.
template <typename... Labels>
constexpr auto enumeration(Labels... labels) {
  return EnumLabels<sizeof...(Labels)>{{std::string_view(labels)...}};
}
// The case names of a class that derives from Variant.
template <typename... Labels>
constexpr auto variant(Labels... labels) {
  return VariantLabels<sizeof...(Labels)>{{std::string_view(labels)...}};
}

template <typename T>
constexpr auto describe_type() {
  return describe(static_cast<const T*>(nullptr));
}

// Which kind of shape a type has.
struct EnumShape {};
struct VariantShape {};
struct AnyRecordShape {};
namespace detail {
template <typename Shape>
struct ShapeKind;
template <std::size_t N>
struct ShapeKind<EnumLabels<N>> {
  using type = EnumShape;
};
template <std::size_t N>
struct ShapeKind<VariantLabels<N>> {
  using type = VariantShape;
};
template <typename R, typename... Ms>
struct ShapeKind<RecordShape<R, Ms...>> {
  using type = AnyRecordShape;
};
}  // namespace detail
template <typename T, typename Kind>
concept DescribedAs =
    requires { describe(static_cast<const T*>(nullptr)); } &&
    std::is_same_v<typename detail::ShapeKind<
                       std::remove_cv_t<decltype(describe(static_cast<const T*>(nullptr)))>>::type,
                   Kind>;

template <typename Labels>
void append_labels(std::string& out, std::string_view keyword, const Labels& labels) {
  out.append(keyword).append(" { ");
  bool first = true;
  for (const std::string_view label : labels) {
    if (!first) out += ", ";
    first = false;
    out += label;
  }
  out += " }";
}

}  // namespace abi
}  // namespace capstan
