// Lifts values of many types from memory and words that mean nothing; whatever could be lifted must
// survive being lowered into another guest and lifted again, and must have been counted against the
// limit on lifted bytes.
//
// An input is: which type, options, 16 words of 8 bytes, then the guest's memory (what is missing
// is zero). The first word is also the offset for lifting from memory.
#include <capstan/abi/testing.h>

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace capstan::abi {
namespace {

constexpr std::uint64_t lifted_bytes_max = std::uint64_t{1} << 16;

[[noreturn]] void give_up(const char* what, std::string_view detail) {
  std::fprintf(stderr, "lift_fuzz: %s: %.*s\n", what, static_cast<int>(detail.size()),
               detail.data());
  std::abort();
}

struct Input {
  std::uint8_t type = 0;
  std::uint8_t options = 0;
  std::vector<std::uint64_t> words = std::vector<std::uint64_t>(flat_max);
  std::span<const std::uint8_t> memory;

  Input(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t words_at = 2;
    constexpr std::size_t memory_at = words_at + flat_max * sizeof(std::uint64_t);
    if (size > 0) type = data[0];
    if (size > 1) options = data[1];
    if (size > words_at)
      std::memcpy(words.data(), data + words_at, std::min(size, memory_at) - words_at);
    if (size > memory_at) memory = {data + memory_at, size - memory_at};
  }
  [[nodiscard]] capstan_encoding encoding() const {
    return static_cast<capstan_encoding>(options % 3);
  }
  [[nodiscard]] bool memory_moves() const { return (options & 0x80) != 0; }
};

// A guest with the input's memory and a few resources.
class Guest : public fake::Guest {
 public:
  explicit Guest(const Input& input)
      : fake::Guest({.memory_bytes = input.memory.size(),
                     .encoding = input.encoding(),
                     .fuel = lifted_bytes_max}) {
    std::ranges::copy(input.memory, memory().begin());
    for (int i = 0; i < 3; ++i) (void)own(std::make_unique<fake::Counter>(alive));
    (void)own(std::make_unique<fake::Lamp>());
  }
  int alive = 0;
};

// Values with own handles are gone when they are lowered: nothing is left to compare with.
enum class Compare { values, nothing };

template <typename T, Compare C>
void lower_and_lift_again(const Input& input, T& value, std::uint64_t counted) {
  fake::Guest other({.encoding = input.encoding(), .fuel = ~std::uint64_t{0}});
  if (input.memory_moves()) other.realloc = fake::Realloc::moves_memory;

  const auto stored = other.store(value);
  if (!stored.message().empty()) give_up("a lifted value cannot be lowered", stored.message());
  std::uint64_t bytes = 0;
  for (const auto& block : other.blocks) bytes += block.bytes;
  if (!detail::has_view<T> && bytes > counted)
    give_up("more was lifted than counted", fmt::format("{} bytes, counted {}", bytes, counted));
  auto again = other.load<T>(stored.offset);
  if (!again.ok()) give_up("a lowered value cannot be lifted", again.message());
  if constexpr (C == Compare::values) {
    if (!fake::same<T>(*again, value)) give_up("not the same after a round trip", "through memory");
    if constexpr (Abi<T>::flat.count <= flat_max) {
      const auto lowered = other.lower(value);
      if (!lowered.message().empty())
        give_up("a lifted value cannot be lowered flat", lowered.message());
      auto flat = other.lift<T>(lowered.words);
      if (!flat.ok()) give_up("a lowered value cannot be lifted flat", flat.message());
      if (!fake::same<T>(*flat, value)) give_up("not the same after a round trip", "through words");
    }
  }
}

template <typename T, Compare C>
void check_flat(const Input& input) {
  Guest guest(input);
  std::vector<std::uint64_t> words = input.words;
  words.resize(Abi<T>::flat.count);
  auto lifted = guest.lift<T>(std::move(words));
  if (lifted.ok()) lower_and_lift_again<T, C>(input, *lifted, lifted_bytes_max - lifted.call->fuel);
}

template <typename T, Compare C>
void check_memory(const Input& input) {
  // The engine's own check of the whole value.
  const std::uint64_t at = static_cast<std::uint32_t>(input.words[0]);
  if (at % Abi<T>::align != 0 || at + Abi<T>::size > input.memory.size()) return;
  Guest guest(input);
  auto lifted = guest.load<T>(static_cast<std::uint32_t>(at));
  if (lifted.ok()) lower_and_lift_again<T, C>(input, *lifted, lifted_bytes_max - lifted.call->fuel);
}

template <typename T, Compare C = Compare::values>
void check(const Input& input) {
  if constexpr (Abi<T>::flat.count <= flat_max) check_flat<T, C>(input);
  check_memory<T, C>(input);
}

using OwnCounter = std::unique_ptr<fake::Counter>;

// The order is part of the corpus: new types at the end.
constexpr void (*checks[])(const Input&) = {
    &check<std::tuple<bool, std::int8_t, std::uint16_t, float, double, char32_t>>,
    &check<fake::Enum300>,
    &check<Flags<fake::Flag17>>,
    &check<std::string>,
    &check<std::string_view>,
    &check<std::vector<std::string_view>>,
    &check<std::vector<std::uint8_t>>,
    &check<std::span<const std::uint32_t>>,
    &check<std::span<const double>>,
    &check<std::vector<float>>,
    &check<std::vector<bool>>,
    &check<std::vector<std::vector<char32_t>>>,
    &check<std::array<std::string, 3>>,
    &check<std::optional<std::optional<double>>>,
    &check<std::expected<std::uint64_t, std::string>>,
    &check<std::expected<float, std::tuple<std::uint64_t, fake::Level>>>,
    &check<fake::Gaps>,
    &check<std::vector<fake::Person>>,
    &check<std::vector<fake::Shape>>,
    &check<fake::Seventeen>,
    &check<fake::Scene>,
    &check<std::map<std::string, std::uint32_t>>,
    &check<std::vector<std::optional<OwnCounter>>, Compare::nothing>,
    &check<std::tuple<OwnCounter, std::string, OwnCounter>, Compare::nothing>,
};

}  // namespace
}  // namespace capstan::abi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace capstan::abi;
  if (size > std::size_t{1} << 16) return -1;
  const Input input(data, size);
  checks[input.type % std::size(checks)](input);
  return 0;
}
