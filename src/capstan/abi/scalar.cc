#include <capstan/abi/scalar.h>

#include <fmt/format.h>

namespace capstan::abi {

void bad_discriminant(Lift& cx, std::uint64_t value, std::size_t cases) {
  cx.fail(fmt::format("unexpected discriminant: {}, the type has {} cases", value, cases));
}

void Abi<char32_t>::not_a_char(Lift& cx, std::uint32_t value) {
  cx.fail(fmt::format("integer {:#x} is not a valid char", value));
}

}  // namespace capstan::abi
