// Every type goes to the guest and back, and through the guest to the host and back, with plain
// functions.
#include "random_value.h"
#include "sync_world.h"

#include <gtest/gtest.h>

#include <map>

namespace capstan::testing {
namespace {

// The parameter picks the guest: its strings are UTF-8 or UTF-16.
class EchoSync : public ::testing::TestWithParam<const char*> {
 protected:
  static World& world() {
    static std::map<std::string, std::unique_ptr<World>> worlds;
    auto& world = worlds[GetParam()];
    if (!world) world = std::make_unique<World>(GetParam());
    return *world;
  }
  auto guest() { return world().echo->guest_echo(); }
  auto via_host() { return world().echo->via_host(); }
};

constexpr int rounds = 60;

template <typename T, typename Call>
void round_trips(Call call) {
  Random random(20261121);
  for (int round = 0; round < rounds; ++round) {
    const T sent = make<T>(random);
    Result<T> received = call(sent);
    ASSERT_TRUE(received.has_value()) << "round " << round << ": " << received.error().message();
    ASSERT_TRUE(*received == sent) << "round " << round << " with seed 20261121";
  }
}

#define ECHO(name, ...)                                                                        \
  TEST_P(EchoSync, name##_to_the_guest) {                                                      \
    round_trips<__VA_ARGS__>([this](const auto& x) { return guest().echo_##name(x); });        \
  }                                                                                            \
  TEST_P(EchoSync, name##_through_the_host) {                                                  \
    round_trips<__VA_ARGS__>([this](const auto& x) { return via_host().via_host_##name(x); }); \
  }
#include "functions.h"
#undef ECHO

TEST_P(EchoSync, nothing) {
  EXPECT_TRUE(guest().echo_nothing().has_value());
  const int before = world().host.nothings;
  EXPECT_TRUE(via_host().via_host_nothing().has_value());
  EXPECT_EQ(world().host.nothings, before + 1);
}

TEST_P(EchoSync, several_parameters) {
  Random random(7);
  for (int round = 0; round < rounds; ++round) {
    const auto text = make<std::string>(random);
    const auto list = make<std::vector<std::uint32_t>>(random);
    EXPECT_EQ(guest().echo_two_params(text, list).value(), std::tuple(text, list));
    EXPECT_EQ(via_host().via_host_two_params(text, list).value(), std::tuple(text, list));

    const auto s = make<t::Sixteen>(random);
    EXPECT_EQ(guest()
                  .echo_sixteen_params(s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h, s.i, s.j, s.k, s.l,
                                       s.m, s.n, s.o, s.p)
                  .value(),
              s);
    EXPECT_EQ(via_host()
                  .via_host_sixteen_params(s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h, s.i, s.j, s.k,
                                           s.l, s.m, s.n, s.o, s.p)
                  .value(),
              s);

    const auto m = make<t::Many>(random);
    EXPECT_EQ(guest()
                  .echo_many_params(m.a, m.b, m.c, m.d, m.e, m.f, m.g, m.h, m.i, m.j, m.k, m.l, m.m,
                                    m.n, m.o, m.p, m.q)
                  .value(),
              m);
    EXPECT_EQ(via_host()
                  .via_host_many_params(m.a, m.b, m.c, m.d, m.e, m.f, m.g, m.h, m.i, m.j, m.k, m.l,
                                        m.m, m.n, m.o, m.p, m.q)
                  .value(),
              m);
  }
}

TEST_P(EchoSync, every_nan_becomes_the_canonical_one) {
  const auto odd = std::bit_cast<double>(std::uint64_t{0xfff8000000000123});
  const auto odd_single = std::bit_cast<float>(std::uint32_t{0xffc00123});

  EXPECT_EQ(std::bit_cast<std::uint64_t>(guest().echo_f64(odd).value()), 0x7ff8000000000000);
  EXPECT_EQ(std::bit_cast<std::uint32_t>(via_host().via_host_f32(odd_single).value()), 0x7fc00000u);
  const std::vector<double> list = {1, odd};
  EXPECT_EQ(std::bit_cast<std::uint64_t>(via_host().via_host_list_f64(list).value()[1]),
            0x7ff8000000000000);
}

TEST_P(EchoSync, large_values) {
  const std::vector<std::uint8_t> bytes(3 << 20, 0xa5);
  EXPECT_EQ(via_host().via_host_list_u8(bytes).value(), bytes);
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(via_host().via_host_string(text).value(), text);
  const std::vector<std::string> many(20'000, "a list of texts");
  EXPECT_EQ(via_host().via_host_list_string(many).value(), many);
}

INSTANTIATE_TEST_SUITE_P(Utf8, EchoSync, ::testing::Values(ECHO_COMPONENT));
INSTANTIATE_TEST_SUITE_P(Utf16, EchoSync, ::testing::Values(ECHO_UTF16_COMPONENT));

}  // namespace
}  // namespace capstan::testing
