// What tests of this room share: a guest that is not there, random values, and types to try.
//
//   fake::Guest guest;
//   auto lowered = guest.lower(value);                 // flat words, and what went into guest
//   memory auto lifted = guest.lift<Person>(lowered.words);   // back again
//   EXPECT_EQ(lifted.message(), "");
//
// fake::Guest stands for the engine and the guest behind it: bytes of memory, a `realloc` that can
// misbehave, and a table of handles. It checks what engine.h says the engine checks, and nothing
// else. Memory and words are heap blocks of exactly the right size, so that AddressSanitizer sees a
// read or write beside them.
#pragma once

#include <capstan/abi/function.h>
#include <capstan/abi/map.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace capstan::abi::fake {

// ----------------------------------------------------------------------------------------------
// guest

// The error of one call, in a form that tests can compare. An empty message means that all went
// well.
struct Failure {
  capstan_error_code code{};
  std::string message;

  Failure() = default;
  explicit Failure(capstan_error* error) {
    if (error == nullptr) return;
    code = capstan_error_get_code(error);
    message = detail::from_c(capstan_error_message(error));
    capstan_error_delete(error);
  }
};

// A lifted value, with everything that views in it refer to.
template <typename T>
struct Lifted {
  std::unique_ptr<std::vector<std::uint64_t>> words;
  std::unique_ptr<capstan_lift> call;
  std::unique_ptr<Lift> cx;
  std::optional<T> value;  // only after a success
  Failure failure;

  [[nodiscard]] bool ok() const { return value.has_value(); }
  [[nodiscard]] const std::string& message() const { return failure.message; }
  [[nodiscard]] T& operator*() { return *value; }
};

struct Lowered {
  std::vector<std::uint64_t> words;
  std::uint32_t offset = 0;
  Failure failure;

  [[nodiscard]] const std::string& message() const { return failure.message; }
};

struct GuestOptions {
  std::size_t memory_bytes = std::size_t{1} << 16;
  capstan_encoding encoding = CAPSTAN_UTF8;
  std::uint64_t fuel = std::uint64_t{1} << 20;
  std::uint32_t handles_max = 1000;
};

// What the guest's realloc does. The engine checks its answer: see Guest::answer.
enum class Realloc {
  answers,       // with the next free bytes
  moves_memory,  // the same, and the whole memory is somewhere else after each call
  fails,         // traps
  unaligned,
  out_of_range,
};

class Guest {
 public:
  explicit Guest(GuestOptions options = {})
      : options_(options),
        memory_(options.memory_bytes),
        handles_(options.handles_max),
        context_{&handles_, nullptr, nullptr} {}
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // ---- memory

  [[nodiscard]] std::span<std::uint8_t> memory() { return memory_; }
  [[nodiscard]] std::string_view text(std::uint64_t at, std::size_t size) const {
    return {reinterpret_cast<const char*>(memory_.data()) + at, size};
  }
  template <typename T>
  [[nodiscard]] T peek(std::size_t at) const {
    T value;
    std::memcpy(&value, &memory_.at(at + sizeof value - 1) + 1 - sizeof value, sizeof value);
    return value;
  }
  template <typename T>
  void poke(std::size_t at, T value) {
    std::memcpy(&memory_.at(at + sizeof value - 1) + 1 - sizeof value, &value, sizeof value);
  }
  // Puts bytes into free memory, as the guest's own allocator would; gives their offset.
  std::uint32_t place(std::string_view bytes, std::uint32_t align = 8) {
    const std::uint32_t at = align_to(next_, align);
    next_ = at + static_cast<std::uint32_t>(bytes.size());
    if (next_ > memory_.size()) move_memory(next_);
    std::copy(bytes.begin(), bytes.end(), memory_.begin() + at);
    return at;
  }

  // ---- realloc

  Realloc realloc = Realloc::answers;
  std::size_t good_reallocs = 0;  // this many answers before it misbehaves
  struct Block {
    std::uint32_t offset, align, bytes;
  };
  std::vector<Block> blocks;  // what realloc gave
  std::size_t failed_reallocs = 0;

  // ---- handles

  [[nodiscard]] HandleTable& objects() { return handles_; }
  [[nodiscard]] StoreContext& context() { return context_; }
  struct Handle {
    capstan_handle_kind kind = CAPSTAN_OWN;
    std::uint32_t resource = 0;
    std::uint32_t rep = 0;
    bool held = true;
  };
  bool lends = false;            // lifting takes borrows: own handles stay with the guest
  bool refuses_handles = false;  // its table is full
  // The guest's own table; its index i is element i - 1.
  std::vector<Handle> handles;
  std::uint32_t hold(Handle handle) {
    handles.push_back(handle);
    return static_cast<std::uint32_t>(handles.size());
  }
  // An object the guest owns; gives the guest's index.
  template <HostResource R>
  std::uint32_t own(std::unique_ptr<R> object) {
    return hold({CAPSTAN_OWN, resource_id<R>(), handles_.insert(std::move(object))});
  }
  // The guest drops a handle, and the engine tells the host.
  void drop(std::uint32_t index) {
    Handle& handle = handles.at(index - 1);
    handle.held = false;
    if (handle.kind == CAPSTAN_OWN) handles_.destroy(handle.rep);
  }

  // ---- calls

  [[nodiscard]] capstan_lift lift_call(const std::vector<std::uint64_t>* words,
                                       std::uint32_t offset) {
    return {.words = words == nullptr ? nullptr : words->data(),
            .word_count = words == nullptr ? 0 : words->size(),
            .memory = memory_.data(),
            .memory_bytes = memory_.size(),
            .offset = offset,
            .encoding = static_cast<std::uint8_t>(options_.encoding),
            .fuel = options_.fuel,
            .user = &context_,
            .take_handle = &take_handle,
            .engine = this};
  }
  [[nodiscard]] capstan_lower lower_call(std::vector<std::uint64_t>* words, std::uint32_t offset) {
    return {.words = words == nullptr ? nullptr : words->data(),
            .word_count = words == nullptr ? 0 : words->size(),
            .memory = memory_.data(),
            .memory_bytes = memory_.size(),
            .offset = offset,
            .encoding = static_cast<std::uint8_t>(options_.encoding),
            .user = &context_,
            .realloc = &answer,
            .give_handle = &give_handle,
            .give_guest_handle = nullptr,
            .engine = this,
            .give_output_stream = nullptr,
            .give_input_stream = nullptr};
  }

  // Reads a T from flat words.
  template <typename T>
  [[gnu::noinline]] Lifted<T> lift(std::vector<std::uint64_t> words) {
    Lifted<T> lifted;
    lifted.words = std::make_unique<std::vector<std::uint64_t>>(std::move(words));
    lifted.call = std::make_unique<capstan_lift>(lift_call(lifted.words.get(), 0));
    lifted.cx = std::make_unique<Lift>(*lifted.call);
    lifted.value.emplace(Abi<T>::lift_flat(*lifted.cx, lifted.words->data()));
    settle(lifted);
    return lifted;
  }
  // Reads a T from memory, where it must fit: that is the engine's check.
  template <typename T>
  [[gnu::noinline]] Lifted<T> load(std::uint32_t at) {
    Lifted<T> lifted;
    lifted.call = std::make_unique<capstan_lift>(lift_call(nullptr, at));
    lifted.cx = std::make_unique<Lift>(*lifted.call);
    lifted.value.emplace(Abi<T>::load(*lifted.cx, at));
    settle(lifted);
    return lifted;
  }
  // Writes a value as flat words, which hold rubbish before.
  template <typename T>
  [[gnu::noinline]] Lowered lower(T&& value) {
    using Value = std::remove_cvref_t<T>;
    Lowered lowered;
    lowered.words.assign(Abi<Value>::flat.count, 0xa5a5'a5a5'a5a5'a5a5);
    capstan_lower call = lower_call(&lowered.words, 0);
    Lower cx(call);
    Abi<Value>::lower_flat(cx, value, lowered.words.data());
    lowered.failure = Failure(cx.release());
    return lowered;
  }
  // Writes a value into a fresh block of memory.
  template <typename T>
  [[gnu::noinline]] Lowered store(T&& value) {
    using Value = std::remove_cvref_t<T>;
    Lowered lowered;
    lowered.offset = place(std::string(Abi<Value>::size, '\xa5'), Abi<Value>::align);
    capstan_lower call = lower_call(nullptr, lowered.offset);
    Lower cx(call);
    Abi<Value>::store(cx, value, lowered.offset);
    lowered.failure = Failure(cx.release());
    return lowered;
  }

 private:
  template <typename T>
  static void settle(Lifted<T>& lifted) {
    lifted.failure = Failure(lifted.cx->release());
    if (!lifted.message().empty()) lifted.value.reset();
  }
  // Memory at another address, and rubbish at the old one.
  void move_memory(std::size_t bytes) {
    std::vector<std::uint8_t> moved(bytes);
    std::ranges::copy(memory_, moved.begin());
    std::ranges::fill(memory_, std::uint8_t{0xdd});
    memory_.swap(moved);
  }
  static capstan_error* trap(std::string_view message) {
    return capstan_error_new(CAPSTAN_ERROR_TRAP, detail::to_c(message));
  }

  static capstan_error* answer(capstan_lower* call, std::uint32_t, std::uint32_t,
                               std::uint32_t align, std::uint32_t bytes,
                               std::uint32_t* offset_out) noexcept {
    Guest& self = *static_cast<Guest*>(call->engine);
    const Realloc now = self.blocks.size() < self.good_reallocs ? Realloc::answers : self.realloc;
    if (now != Realloc::answers && now != Realloc::moves_memory) ++self.failed_reallocs;
    if (now == Realloc::fails) return trap("realloc trapped");
    if (now == Realloc::unaligned) return trap("realloc return: result not aligned");
    if (now == Realloc::out_of_range) return trap("realloc return: beyond end of memory");
    const std::uint32_t offset = align_to(self.next_, align);
    self.next_ = offset + bytes;
    if (self.next_ > self.memory_.size()) self.move_memory(self.next_);
    if (now == Realloc::moves_memory) self.move_memory(self.memory_.size() + 16);
    self.blocks.push_back({offset, align, bytes});
    call->memory = self.memory_.data();
    call->memory_bytes = self.memory_.size();
    *offset_out = offset;
    return nullptr;
  }
  static capstan_error* take_handle(capstan_lift* call, std::uint32_t index,
                                    capstan_handle* handle_out) noexcept {
    Guest& self = *static_cast<Guest*>(call->engine);
    if (index == 0 || index > self.handles.size() || !self.handles[index - 1].held)
      return trap("unknown handle index " + std::to_string(index));
    Handle& handle = self.handles[index - 1];
    if (handle.kind == CAPSTAN_OWN && !self.lends) handle.held = false;
    *handle_out = {handle.rep, handle.resource, nullptr};
    return nullptr;
  }
  static capstan_error* give_handle(capstan_lower* call, capstan_handle_kind kind,
                                    std::uint32_t resource, std::uint32_t rep,
                                    std::uint32_t* index_out) noexcept {
    Guest& self = *static_cast<Guest*>(call->engine);
    if (self.refuses_handles) return trap("the guest's table is full");
    *index_out = self.hold({kind, resource, rep});
    return nullptr;
  }

  GuestOptions options_;
  std::vector<std::uint8_t> memory_;
  std::uint32_t next_ = 16;  // offset 0 stays unused, as in most guests
  HandleTable handles_;
  StoreContext context_;
};

// --------------------------------------------------------------------------------------------
// samples

// Values from a seed; the same on every machine (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e37'79b9'7f4a'7c15);
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }

 private:
  std::uint64_t state_;
};

// How to make a random T, and when two of them are the same. NaNs are the same as each other:
// crossing makes them so. Never inlined: these are used everywhere, and only the time to compile
// them matters.
template <typename T>
struct Sample;
template <typename T>
[[gnu::noinline]] T random_value(Random& random) {
  return Sample<T>::make(random);
}
template <typename T>
[[gnu::noinline]] bool same(const T& a, const T& b) {
  return Sample<T>::same(a, b);
}

template <typename T>
  requires Integer<T> || std::same_as<T, bool>
struct Sample<T> {
  static T make(Random& random) {
    if constexpr (std::same_as<T, bool>) return random.below(2) == 1;
    switch (random.below(4)) {
      case 0:
        return std::numeric_limits<T>::min();
      case 1:
        return std::numeric_limits<T>::max();
      default:
        return static_cast<T>(random.next());
    }
  }
  static bool same(T a, T b) { return a == b; }
};

template <std::floating_point T>
struct Sample<T> {
  using Bits = typename Abi<T>::Bits;
  static T make(Random& random) {
    if (random.below(4) == 0) return -std::numeric_limits<T>::infinity();
    return std::bit_cast<T>(static_cast<Bits>(random.next()));  // now and then a NaN with a payload
  }
  static bool same(T a, T b) {
    return std::bit_cast<Bits>(canonical(a)) == std::bit_cast<Bits>(canonical(b));
  }
};

template <>
struct Sample<char32_t> {
  static char32_t make(Random& random) {
    constexpr std::array<char32_t, 4> plane_end = {0x80, 0x100, 0xd800, 0x110000};
    while (true) {
      const auto c = static_cast<char32_t>(random.below(plane_end[random.below(4)]));
      if (c < 0xd800 || c >= 0xe000) return c;
    }
  }
  static bool same(char32_t a, char32_t b) { return a == b; }
};

inline void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&out](char32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c >= 0x10000) {
    byte(0xf0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3f));
  } else if (c >= 0x800) {
    byte(0xe0 | c >> 12);
  } else {
    byte(0xc0 | c >> 6);
    return byte(0x80 | (c & 0x3f));
  }
  byte(0x80 | (c >> 6 & 0x3f));
  byte(0x80 | (c & 0x3f));
}

template <>
struct Sample<std::string> {
  static std::string make(Random& random) {
    std::string text;
    const bool plain = random.below(3) == 0;  // latin-1 only: the compact form of latin1+utf16
    for (std::size_t left = random.below(random.below(8) == 0 ? 80 : 8); left > 0; --left)
      append_utf8(text, plain ? static_cast<char32_t>(random.below(0x100))
                              : random_value<char32_t>(random));
    return text;
  }
  static bool same(std::string_view a, std::string_view b) { return a == b; }
};
template <>
struct Sample<std::string_view> {
  static bool same(std::string_view a, std::string_view b) { return a == b; }
};

template <typename List, typename T>
struct SampleList {
  static bool same(const List& a, const List& b) {
    return std::ranges::equal(a, b, [](const T& x, const T& y) { return fake::same<T>(x, y); });
  }
};
template <typename T>
struct Sample<std::vector<T>> : SampleList<std::vector<T>, T> {
  static std::vector<T> make(Random& random) {
    std::vector<T> values;
    for (std::size_t left = random.below(random.below(8) == 0 ? 40 : 4); left > 0; --left)
      values.push_back(random_value<T>(random));
    return values;
  }
};
template <typename T, std::size_t N>
struct Sample<std::array<T, N>> : SampleList<std::array<T, N>, T> {
  static std::array<T, N> make(Random& random) {
    std::array<T, N> values;
    for (T& value : values) value = random_value<T>(random);
    return values;
  }
};
template <typename K, typename V>
struct Sample<std::map<K, V>> {
  static std::map<K, V> make(Random& random) {
    std::map<K, V> values;
    for (std::size_t left = random.below(4); left > 0; --left)
      values.insert_or_assign(random_value<K>(random), random_value<V>(random));
    return values;
  }
  static bool same(const std::map<K, V>& a, const std::map<K, V>& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
      return fake::same<K>(x.first, y.first) && fake::same<V>(x.second, y.second);
    });
  }
};
template <typename T>
struct Sample<std::span<const T>> : SampleList<std::span<const T>, T> {};

template <typename T>
struct Sample<std::optional<T>> {
  static std::optional<T> make(Random& random) {
    if (random.below(2) == 0) return std::nullopt;
    return std::optional<T>(std::in_place, random_value<T>(random));
  }
  static bool same(const std::optional<T>& a, const std::optional<T>& b) {
    return a.has_value() == b.has_value() && (!a || fake::same<T>(*a, *b));
  }
};

template <>
struct Sample<std::monostate> {
  static std::monostate make(Random&) { return {}; }
  static bool same(std::monostate, std::monostate) { return true; }
};
template <typename T, typename E>
struct Sample<std::expected<T, E>> {
  using Expected = std::expected<T, E>;
  static Expected make(Random& random) {
    if (random.below(2) == 0) return Expected(std::unexpect, random_value<E>(random));
    if constexpr (std::is_void_v<T>) {
      return Expected();
    } else {
      return Expected(std::in_place, random_value<T>(random));
    }
  }
  static bool same(const Expected& a, const Expected& b) {
    if (a.has_value() != b.has_value()) return false;
    if (!a) return fake::same<E>(a.error(), b.error());
    if constexpr (std::is_void_v<T>) {
      return true;
    } else {
      return fake::same<T>(*a, *b);
    }
  }
};

template <typename... Ts>
struct Sample<std::tuple<Ts...>> {
  static std::tuple<Ts...> make(Random& random) {
    return std::tuple<Ts...>{random_value<Ts>(random)...};
  }
  static bool same(const std::tuple<Ts...>& a, const std::tuple<Ts...>& b) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (fake::same<Ts>(std::get<I>(a), std::get<I>(b)) && ...);
    }(std::index_sequence_for<Ts...>());
  }
};

template <typename T>
  requires DescribedAs<T, AnyRecordShape>
struct Sample<T> {
  static T make(Random& random) {
    T value{};
    std::apply([&](const auto&... fields) { (fill(value.*fields.member, random), ...); },
               describe_type<T>().fields);
    return value;
  }
  template <typename M>
  static void fill(M& member, Random& random) {
    member = random_value<M>(random);
  }
  template <typename M>
  static bool same_member(const M& a, const M& b) {
    return fake::same<M>(a, b);
  }
  static bool same(const T& a, const T& b) {
    return std::apply(
        [&](const auto&... fields) {
          return (same_member(a.*fields.member, b.*fields.member) && ...);
        },
        describe_type<T>().fields);
  }
};

template <typename T>
  requires DescribedAs<T, EnumShape>
struct Sample<T> {
  static T make(Random& random) {
    return static_cast<T>(random.below(describe_type<T>().labels.size()));
  }
  static bool same(T a, T b) { return a == b; }
};
template <typename E>
struct Sample<Flags<E>> {
  static Flags<E> make(Random& random) {
    return Flags<E>::from_bits(static_cast<std::uint32_t>(random.next()) & Abi<Flags<E>>::mask);
  }
  static bool same(Flags<E> a, Flags<E> b) { return a == b; }
};

template <typename T>
  requires DescribedAs<T, VariantShape>
struct Sample<T> {
  static T make(Random& random) {
    return [&]<typename... Ps>(std::type_identity<std::variant<Ps...>>) {
      T value;
      const std::size_t chosen = random.below(sizeof...(Ps));
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        ((I == chosen ? (void)value.storage().template emplace<I>(random_value<Ps>(random))
                      : void()),
         ...);
      }(std::index_sequence_for<Ps...>());
      return value;
    }(std::type_identity<typename T::Storage>());
  }
  static bool same(const T& a, const T& b) {
    return a.which() == b.which() && a.visit([&](auto which, const auto& payload) {
      return fake::same<std::remove_cvref_t<decltype(payload)>>(payload, b.template get<which>());
    });
  }
};

// ---------------------------------------------------------------------------------------- some
// types

// Labels "c0", "c1", ... for enums and flags whose names do not matter.
template <std::size_t N>
constexpr auto make_label_text() {
  std::array<std::array<char, 4>, N> text{};
  for (std::size_t i = 0; i < N; ++i) {
    std::size_t digits = i < 10 ? 1 : i < 100 ? 2 : 3;
    text[i][0] = 'c';
    for (std::size_t rest = i; digits > 0; rest /= 10)
      text[i][digits--] = static_cast<char>('0' + rest % 10);
  }
  return text;
}
template <std::size_t N>
inline constexpr auto label_text = make_label_text<N>();
template <std::size_t N>
constexpr EnumLabels<N> labels() {
  EnumLabels<N> all{};
  for (std::size_t i = 0; i < N; ++i)
    all.labels[i] = {label_text<N>[i].data(), i < 10 ? 2u : i < 100 ? 3u : 4u};
  return all;
}

enum class Level : std::uint8_t { info, warn, error };
constexpr auto describe(const Level*) { return enumeration("info", "warn", "error"); }
enum class Enum256 : std::uint8_t {};
constexpr auto describe(const Enum256*) { return labels<256>(); }
enum class Enum257 : std::uint16_t {};
constexpr auto describe(const Enum257*) { return labels<257>(); }
enum class Enum300 : std::uint16_t {};
constexpr auto describe(const Enum300*) { return labels<300>(); }

enum class Flag1 : std::uint8_t { only };
constexpr auto describe(const Flag1*) { return enumeration("only"); }
enum class Flag8 : std::uint8_t {};
constexpr auto describe(const Flag8*) { return labels<8>(); }
enum class Flag9 : std::uint8_t {};
constexpr auto describe(const Flag9*) { return labels<9>(); }
enum class Flag16 : std::uint8_t {};
constexpr auto describe(const Flag16*) { return labels<16>(); }
enum class Flag17 : std::uint8_t {};
constexpr auto describe(const Flag17*) { return labels<17>(); }
enum class Flag32 : std::uint8_t {};
constexpr auto describe(const Flag32*) { return labels<32>(); }

struct Point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  bool operator==(const Point&) const = default;
};
constexpr auto describe(const Point*) {
  return record(field("x", &Point::x), field("y", &Point::y));
}

struct Person {
  std::string name;
  std::optional<std::uint32_t> age;
  std::vector<std::string> tags;
  bool operator==(const Person&) const = default;
};
constexpr auto describe(const Person*) {
  return record(field("name", &Person::name), field("age", &Person::age),
                field("tags", &Person::tags));
}

// Fields whose order leaves gaps.
struct Gaps {
  std::uint8_t a = 0;
  std::uint64_t b = 0;
  bool c = false;
  std::uint16_t d = 0;
  float e = 0;
  char32_t f = 0;
  std::int8_t g = 0;
};
constexpr auto describe(const Gaps*) {
  return record(field("a", &Gaps::a), field("b", &Gaps::b), field("c", &Gaps::c),
                field("d", &Gaps::d), field("e", &Gaps::e), field("f", &Gaps::f),
                field("g", &Gaps::g));
}

enum class ShapeCase { empty, circle, label, id, corner };
struct Shape : Variant<ShapeCase, std::monostate, float, std::string, std::uint64_t, Point> {
  static Shape empty() { return {}; }
  static Shape circle(float radius) { return make<ShapeCase::circle>(radius); }
  static Shape label(std::string text) { return make<ShapeCase::label>(std::move(text)); }
  static Shape id(std::uint64_t number) { return make<ShapeCase::id>(number); }
  static Shape corner(Point at) { return make<ShapeCase::corner>(at); }

 private:
  template <ShapeCase C, typename P>
  static Shape make(P payload) {
    Shape shape;
    shape.hold<C>(std::move(payload));
    return shape;
  }
};
constexpr auto describe(const Shape*) {
  return variant("empty", "circle", "label", "id", "corner");
}

// Everything inside everything.
struct Scene {
  std::vector<Shape> shapes;
  std::expected<std::optional<Person>, Level> owner;
  std::array<std::tuple<std::uint8_t, std::vector<float>>, 2> curves;
  Flags<Flag9> options;
  std::optional<std::optional<std::vector<std::vector<char32_t>>>> text;
};
constexpr auto describe(const Scene*) {
  return record(field("shapes", &Scene::shapes), field("owner", &Scene::owner),
                field("curves", &Scene::curves), field("options", &Scene::options),
                field("text", &Scene::text));
}

// Seventeen flat words: one more than travels flat.
using Seventeen = std::tuple<std::array<std::uint8_t, 15>, std::string>;

// A resource whose objects count themselves.
class Counter {
 public:
  static constexpr std::string_view wit_resource = "test:abi/things.counter";
  explicit Counter(int& alive) : alive_(alive) { ++alive_; }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  virtual ~Counter() { --alive_; }
  std::uint32_t add(std::uint32_t more) { return total_ += more; }
  [[nodiscard]] std::uint32_t total() const { return total_; }

 private:
  int& alive_;
  std::uint32_t total_ = 0;
};
class Lamp {
 public:
  static constexpr std::string_view wit_resource = "test:abi/things.lamp";
  virtual ~Lamp() = default;
};

}  // namespace capstan::abi::fake
