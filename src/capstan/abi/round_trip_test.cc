// Every kind of value there and back: through flat words and through memory, for each string
// encoding, while the guest's memory moves.
#include <capstan/abi/testing.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace capstan::abi {
namespace {

constexpr int values_per_type = 60;
constexpr std::array encodings = {CAPSTAN_UTF8, CAPSTAN_UTF16, CAPSTAN_LATIN1_UTF16};

template <typename... Ts>
struct TypeList {};
using Scalars =
    TypeList<bool, std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
             std::int32_t, std::uint64_t, std::int64_t, float, double, char32_t, fake::Level,
             fake::Enum300, Flags<fake::Flag1>, Flags<fake::Flag8>, Flags<fake::Flag9>,
             Flags<fake::Flag16>, Flags<fake::Flag17>, Flags<fake::Flag32>>;
using Lists =
    TypeList<std::string, std::vector<bool>, std::vector<std::uint8_t>, std::vector<std::int64_t>,
             std::vector<float>, std::vector<char32_t>, std::map<std::string, std::uint16_t>,
             std::vector<std::string>, std::vector<fake::Gaps>, std::array<std::uint16_t, 3>,
             std::array<std::string, 4>, std::array<std::array<double, 2>, 3>>;
using Composites =
    TypeList<std::optional<std::uint8_t>, std::optional<std::optional<double>>,
             std::expected<void, std::monostate>, std::expected<std::string, std::monostate>,
             std::expected<void, std::uint64_t>, std::expected<float, std::uint32_t>,
             std::expected<float, double>, std::expected<std::uint64_t, std::string>,
             std::tuple<std::uint8_t, std::uint64_t, std::string>, fake::Gaps,
             std::vector<fake::Person>, fake::Shape, fake::Seventeen, fake::Scene>;

// What came back from the guest, compared with what was sent.
struct Arrival {
  std::string message;
  bool same = false;
};

// One type as data, so that the tests below are compiled once and not once for each type.
struct Type {
  std::string text;
  std::uint32_t size;
  Flat flat;
  std::shared_ptr<void> (*make)(fake::Random&);
  fake::Lowered (*lower)(fake::Guest&,
                         void* value);  // null, as `lift`, when the type does not travel flat
  fake::Lowered (*store)(fake::Guest&, void* value);
  Arrival (*lift)(fake::Guest&, std::vector<std::uint64_t> words, void* sent);
  Arrival (*load)(fake::Guest&, std::uint32_t at, void* sent);

  [[nodiscard]] bool travels_flat() const { return flat.count <= flat_max; }
  [[nodiscard]] bool is_narrow(std::size_t word) const {
    return flat.types[word] == Core::i32 || flat.types[word] == Core::f32;
  }
};

template <typename T>
Arrival compare(fake::Lifted<T> lifted, void* sent) {
  return {lifted.message(), lifted.ok() && fake::same<T>(*lifted, *static_cast<T*>(sent))};
}

template <typename T>
Type type() {
  Type type{
      .text = "",
      .size = Abi<T>::size,
      .flat = Abi<T>::flat,
      .make = [](fake::Random& random) -> std::shared_ptr<void> {
        return std::make_shared<T>(fake::random_value<T>(random));
      },
      .lower = nullptr,
      .store = [](fake::Guest& guest, void* value) { return guest.store(*static_cast<T*>(value)); },
      .lift = nullptr,
      .load = [](fake::Guest& guest, std::uint32_t at,
                 void* sent) { return compare(guest.load<T>(at), sent); }};
  if constexpr (Abi<T>::flat.count <= flat_max) {
    type.lower = [](fake::Guest& guest, void* value) {
      return guest.lower(*static_cast<T*>(value));
    };
    type.lift = [](fake::Guest& guest, std::vector<std::uint64_t> words, void* sent) {
      return compare(guest.lift<T>(std::move(words)), sent);
    };
  }
  Abi<T>::append_text(type.text);
  return type;
}

template <typename... Ts>
std::vector<Type> types(TypeList<Ts...>) {
  return {type<Ts>()...};
}

std::vector<Type> all_types() {
  std::vector<Type> all = types(Scalars());
  std::ranges::move(types(Lists()), std::back_inserter(all));
  std::ranges::move(types(Composites()), std::back_inserter(all));
  return all;
}

// Calls `check(type, guest, random)` for many values of each type; a failure names the type and the
// seed.
template <typename Check>
void for_many_values(Check check) {
  for (const Type& type : all_types()) {
    for (const capstan_encoding encoding : encodings) {
      for (std::uint64_t seed = 1; seed <= values_per_type; ++seed) {
        SCOPED_TRACE(
            fmt::format("{}, encoding {}, seed {}", type.text, static_cast<int>(encoding), seed));
        fake::Random random(seed);
        fake::Guest guest({.encoding = encoding});
        guest.realloc = fake::Realloc::moves_memory;
        check(type, guest, random);
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(RoundTrip, ThroughMemory) {
  for_many_values([](const Type& type, fake::Guest& guest, fake::Random& random) {
    const auto value = type.make(random);

    const auto stored = type.store(guest, value.get());
    const auto arrived = type.load(guest, stored.offset, value.get());

    EXPECT_EQ(stored.message(), "");
    EXPECT_EQ(arrived.message, "");
    EXPECT_TRUE(arrived.same);
  });
}

TEST(RoundTrip, ThroughFlatWords) {
  for_many_values([](const Type& type, fake::Guest& guest, fake::Random& random) {
    if (!type.travels_flat()) return;
    const auto value = type.make(random);

    auto lowered = type.lower(guest, value.get());
    // The upper half of a 32-bit word is undefined: whatever is there must not matter.
    for (std::size_t i = 0; i < lowered.words.size(); ++i)
      if (type.is_narrow(i)) lowered.words[i] ^= random.next() << 32;
    const auto arrived = type.lift(guest, lowered.words, value.get());

    EXPECT_EQ(lowered.message(), "");
    EXPECT_EQ(arrived.message, "");
    EXPECT_TRUE(arrived.same);
  });
}

// The host's own words are tidy: the upper half of a 32-bit word is zero, whatever the case of a
// variant.
TEST(RoundTrip, NarrowWordsAreZeroExtended) {
  for_many_values([](const Type& type, fake::Guest& guest, fake::Random& random) {
    if (!type.travels_flat()) return;
    const auto value = type.make(random);

    const auto lowered = type.lower(guest, value.get());

    for (std::size_t i = 0; i < lowered.words.size(); ++i)
      EXPECT_EQ(type.is_narrow(i) ? lowered.words[i] >> 32 : 0, 0u) << "word " << i;
  });
}

// A realloc that fails at the first, second, ... block: its error is the call's, and it is not
// asked again.
TEST(RoundTrip, ReallocFailsAnywhere) {
  for (const Type& type : all_types()) {
    SCOPED_TRACE(type.text);
    fake::Random random(7);
    const auto value = type.make(random);
    fake::Guest whole;
    (void)type.store(whole, value.get());

    for (std::size_t good = 0; good < whole.blocks.size(); ++good) {
      fake::Guest guest;
      guest.realloc = fake::Realloc::fails;
      guest.good_reallocs = good;

      const auto stored = type.store(guest, value.get());

      EXPECT_EQ(stored.message(), "realloc trapped");
      EXPECT_EQ(guest.blocks.size(), good);
      EXPECT_EQ(guest.failed_reallocs, 1u);
    }
  }
}

// Memory that ends early, at each possible place: the call fails, and nothing outside is read.
TEST(RoundTrip, TruncatedMemory) {
  for (const Type& type : all_types()) {
    SCOPED_TRACE(type.text);
    fake::Random random(11);
    fake::Guest guest;
    const auto value = type.make(random);
    const auto stored = type.store(guest, value.get());
    const std::uint32_t begin = stored.offset + type.size;
    std::uint32_t end = begin;
    for (const auto& block : guest.blocks) end = std::max(end, block.offset + block.bytes);

    for (std::uint32_t bytes = begin; bytes <= end; ++bytes) {
      fake::Guest cut({.memory_bytes = bytes});
      std::ranges::copy(guest.memory().first(bytes), cut.memory().begin());

      const auto arrived = type.load(cut, stored.offset, value.get());

      if (bytes == end) {
        EXPECT_EQ(arrived.message, "");
        EXPECT_TRUE(arrived.same);
      } else {
        ASSERT_TRUE(arrived.message.starts_with("pointer out of bounds: ")) << arrived.message;
      }
    }
  }
}

}  // namespace
}  // namespace capstan::abi
