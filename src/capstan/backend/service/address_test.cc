#include <capstan/backend/service/address.h>

#include <gtest/gtest.h>

namespace capstan::service {
namespace {

Result<Address> parsed(std::string_view text) {
  return parse_address(Url::parse(text).value(), 6379);
}
std::string refusal(std::string_view text) {
  const auto address = parsed(text);
  return address ? "accepted" : address.error().message();
}

TEST(Address, ReadsEverything) {
  const auto address = parsed("redis://me:s%40fe@cache:7000/2").value();

  EXPECT_EQ(address.user, "me");
  EXPECT_EQ(address.password, "s@fe");
  EXPECT_EQ(address.host, "cache");
  EXPECT_EQ(address.port, 7000);
  EXPECT_EQ(address.path, "2");
  EXPECT_EQ(address.shown(), "cache:7000");
}

TEST(Address, TakesTheDefaultPort) {
  EXPECT_EQ(parsed("redis://cache").value().shown(), "cache:6379");
  EXPECT_EQ(parsed("redis://[::1]").value().shown(), "[::1]:6379");
  EXPECT_EQ(parsed("redis://[::1]:1").value().host, "::1");
}

TEST(Address, APasswordAloneHasNoUser) {
  const auto address = parsed("redis://:secret@cache").value();

  EXPECT_EQ(address.user, "");
  EXPECT_EQ(address.password, "secret");
}

TEST(Address, SaysWhatIsWrongWithoutCredentials) {
  EXPECT_EQ(refusal("redis:cache"), "'redis:cache': write redis://HOST:PORT");
  EXPECT_EQ(refusal("redis://"), "'redis://': there is no host: write //HOST:PORT");
  EXPECT_EQ(refusal("redis://:hush@cache:0"),
            "'redis://:***@cache:0': '0' is no port: write a number from 1 to 65535");
  EXPECT_EQ(refusal("redis://cache:70000"),
            "'redis://cache:70000': '70000' is no port: write a number from 1 to 65535");
  EXPECT_EQ(refusal("redis://[::1"), "'redis://[::1': the address of the host has no ']'");
  EXPECT_EQ(refusal("redis://:hu%sh@cache"),
            "'redis://:***@cache': the password has a '%' that is not followed by two "
            "hexadecimal digits: write %25 for the sign itself");
}

TEST(Address, SecretsAreTakenOutOfWhatOthersSay) {
  EXPECT_EQ(without_secret("no user hush, hush", "hush"), "no user ***, ***");
  EXPECT_EQ(without_secret("nothing", ""), "nothing");
  EXPECT_EQ(without_secret("a*** b***", "***"), "a*** b***");
}

}  // namespace
}  // namespace capstan::service
