// The same call made both ways: through Capstan's lift and lower, and through Wasmtime's own
// dynamic values. Both must give the same value back, in all its bits.
#include "random_value.h"
#include "sync_world.h"
#include "value_text.h"

#include <capstan/host/core.h>
#include <capstan/peer.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace capstan::testing {
template <>
struct Text<char32_t> {
  static void append(std::string& out, char32_t c) {
    std::string utf8;
    const auto byte = [&utf8](char32_t b) { utf8.push_back(static_cast<char>(b)); };
    if (c < 0x80) {
      byte(c);
    } else if (c < 0x800) {
      byte(0xc0 | (c >> 6)), byte(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      byte(0xe0 | (c >> 12)), byte(0x80 | ((c >> 6) & 0x3f)), byte(0x80 | (c & 0x3f));
    } else {
      byte(0xf0 | (c >> 18)), byte(0x80 | ((c >> 12) & 0x3f)), byte(0x80 | ((c >> 6) & 0x3f)),
          byte(0x80 | (c & 0x3f));
    }
    append_escaped(out, utf8, '\'');
  }
};

namespace {

class Oracle {
 public:
  Oracle() {
    std::ifstream file(ECHO_COMPONENT, std::ios::binary);
    const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)),
                                          std::istreambuf_iterator<char>());
    EngineOptions options;
    options.interruptible = false;
    engine_.emplace(Engine::create(options).value());
    expect(capstan_peer_oracle_new(engine_->core()->get(false).value(), bytes.data(), bytes.size(),
                                   &oracle_));
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;
  ~Oracle() { capstan_peer_oracle_delete(oracle_); }

  std::string call(std::string_view interface_name, std::string_view function,
                   const std::string& argument) {
    std::string result;
    expect(capstan_peer_oracle_call(
        oracle_, abi::detail::to_c(interface_name), abi::detail::to_c(function),
        abi::detail::to_c(argument),
        [](void* context, const char* text, std::size_t size) {
          static_cast<std::string*>(context)->assign(text, size);
        },
        &result));
    return result;
  }

 private:
  static void expect(capstan_error* error) {
    if (error != nullptr) throw std::runtime_error(host::take_error(error).message());
  }
  std::optional<Engine> engine_;
  capstan_peer_oracle* oracle_ = nullptr;
};

Oracle& oracle() {
  static Oracle oracle;
  return oracle;
}

wit::capstan_::echo::Echo& guest() {
  static World world(ECHO_COMPONENT);
  return *world.echo;
}

constexpr int rounds = 40;

template <typename T, typename Call>
void agrees(std::string name, Call call) {
  std::ranges::replace(name, '_', '-');
  Random random(20261121);
  for (int round = 0; round < rounds; ++round) {
    const T sent = make<T>(random);
    const std::string text = text_of(sent);
    const Result<T> ours = call(sent);
    ASSERT_TRUE(ours.has_value()) << ours.error().message();
    const std::string theirs = oracle().call("capstan:echo/guest-echo", "echo-" + name, text);
    ASSERT_EQ(text_of(*ours), theirs) << "round " << round;
    ASSERT_EQ(text, theirs) << "round " << round;
  }
}

#define ECHO(name, ...)                                                                            \
  TEST(EchoOracle, name) {                                                                         \
    agrees<__VA_ARGS__>(#name, [](const auto& x) { return guest().guest_echo().echo_##name(x); }); \
  }
#include "functions.h"
#undef ECHO

}  // namespace
}  // namespace capstan::testing
