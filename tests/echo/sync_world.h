// The echo world with a host of plain functions, which return what they are given.
#pragma once

#include "echo.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace capstan::testing {

namespace t = wit::capstan_::echo::types;
namespace host_echo = wit::capstan_::echo::host_echo;

// How a value of type T arrives in a host function.
template <typename T>
struct Parameter {
  using type = T;
  static T own(T value) { return value; }
};
template <>
struct Parameter<std::string> {
  using type = std::string_view;
  static std::string own(std::string_view value) { return std::string(value); }
};
template <abi::Bulk T>
struct Parameter<std::vector<T>> {
  using type = std::span<const T>;
  static std::vector<T> own(std::span<const T> value) { return {value.begin(), value.end()}; }
};

class EchoHost final : public host_echo::Host {
 public:
  void echo_nothing() override { ++nothings; }
#define ECHO(name, ...)                                              \
  __VA_ARGS__ echo_##name(Parameter<__VA_ARGS__>::type x) override { \
    return Parameter<__VA_ARGS__>::own(std::move(x));                \
  }
#include "functions.h"
#undef ECHO
  std::tuple<std::string, std::vector<std::uint32_t>> echo_two_params(
      std::string_view a, std::span<const std::uint32_t> b) override {
    return {std::string(a), {b.begin(), b.end()}};
  }
  t::Sixteen echo_sixteen_params(std::uint8_t a, std::int8_t b, std::uint16_t c, std::int16_t d,
                                 std::uint32_t e, std::int32_t f, std::uint64_t g, std::int64_t h,
                                 float i, double j, bool k, char32_t l, std::uint8_t m,
                                 std::uint16_t n, std::uint32_t o, std::uint64_t p) override {
    return {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p};
  }
  t::Many echo_many_params(std::uint8_t a, std::int8_t b, std::uint16_t c, std::int16_t d,
                           std::uint32_t e, std::int32_t f, std::uint64_t g, std::int64_t h,
                           float i, double j, bool k, char32_t l, std::string_view m,
                           std::span<const std::uint8_t> n, std::optional<std::uint32_t> o,
                           t::Color p, t::Point q) override {
    return {a, b, c, d, e, f, g, h, i, j, k, l, std::string(m), {n.begin(), n.end()}, o, p, q};
  }

  int nothings = 0;
};

// One guest for all tests of a kind: instantiating is not what they are about.
class World {
 public:
  explicit World(const char* path) {
    auto engine = Engine::create().value();
    auto component = engine.load_file(path).value();
    Linker linker(engine);
    linker.add_wasi();
    host_echo::add_to_linker(linker, host).value();
    auto prepared = linker.prepare(component);
    if (!prepared) throw std::runtime_error(prepared.error().message());
    echo.emplace(wit::capstan_::echo::Echo::instantiate(store, *prepared).value());
  }

  EchoHost host;
  Store<> store;
  std::optional<wit::capstan_::echo::Echo> echo;
};

}  // namespace capstan::testing
