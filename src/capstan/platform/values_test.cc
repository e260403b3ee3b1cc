#include <capstan/platform/values.h>

#include <gtest/gtest.h>

#include <cstdlib>

namespace capstan::platform {
namespace {

// What a reader says about each of some texts.
template <typename T>
struct Row {
  const char* text;
  T expected;
};

template <typename Parse>
void expect_errors(Parse parse, std::initializer_list<Row<const char*>> rows) {
  for (const auto& [text, message] : rows) {
    const auto parsed = parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().message(), message);
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_argument);
  }
}

TEST(Values, ReadsPairs) {
  EXPECT_EQ(parse_pair("a=b").value(), std::pair(std::string("a"), std::string("b")));
  EXPECT_EQ(parse_pair("a=").value(), std::pair(std::string("a"), std::string()));
  EXPECT_EQ(parse_pair("a=b=c").value(), std::pair(std::string("a"), std::string("b=c")));
  expect_errors(parse_pair, {{"a", "'a' has no '=': write KEY=VALUE"},
                             {"=b", "'=b' has no key: write KEY=VALUE"},
                             {"", "'' has no '=': write KEY=VALUE"}});
}

TEST(Values, PassesOnTheVariableThatIsNamedAlone) {
  ASSERT_EQ(setenv("CAPSTAN_VALUES_TEST", "here", 1), 0);
  EXPECT_EQ(parse_environment("CAPSTAN_VALUES_TEST").value().second, "here");
  EXPECT_EQ(parse_environment("CAPSTAN_VALUES_TEST=there").value().second, "there");
  expect_errors(parse_environment,
                {{"CAPSTAN_NOT_SET",
                  "'CAPSTAN_NOT_SET' is not set in the environment: set it, or write "
                  "CAPSTAN_NOT_SET=VALUE"},
                 {"", "'' names no variable: write NAME=VALUE, or NAME to pass it on"}});
}

TEST(Values, ReadsDirectories) {
  struct {
    const char* text;
    const char* host;
    const char* guest;
    wasi::Access access;
  } const rows[] = {
      {"data", "data", "data", wasi::Access::read_only},
      {"data,ro", "data", "data", wasi::Access::read_only},
      {"data,rw", "data", "data", wasi::Access::read_write},
      {"data::/d", "data", "/d", wasi::Access::read_only},
      {"data::/d,rw", "data", "/d", wasi::Access::read_write},
      {"a:b,c::/d", "a:b,c", "/d", wasi::Access::read_only},
      {"a::b::/d", "a::b", "/d", wasi::Access::read_only},
      {"odd,rw,ro", "odd,rw", "odd,rw", wasi::Access::read_only},
  };
  for (const auto& [text, host, guest, access] : rows) {
    const auto directory = parse_directory(text);
    ASSERT_TRUE(directory.has_value()) << text;
    EXPECT_EQ(directory->host, host) << text;
    EXPECT_EQ(directory->guest, guest) << text;
    EXPECT_EQ(directory->access, access) << text;
  }
}

TEST(Values, RefusesDirectoriesWithoutNames) {
  for (const char* text : {"", ",rw", "::/d", "data::", "data::,rw"})
    EXPECT_EQ(parse_directory(text).error().message(),
              "'" + std::string(text) +
                  "' names no directory: write HOST, HOST::GUEST, or either with ,rw");
}

TEST(Values, ReadsAddresses) {
  for (const char* text : {"example.org:443", "127.0.0.1:*", "[::1]:80", "localhost:65535"})
    EXPECT_EQ(parse_address(text).value(), text);
}

TEST(Values, RefusesAddressesWithoutHostOrPort) {
  expect_errors(
      parse_address,
      {{"example.org", "'example.org' has no port: write HOST:PORT, or HOST:* for every port"},
       {"a:0", "'a:0' has no port: write HOST:PORT, or HOST:* for every port"},
       {"a:65536", "'a:65536' has no port: write HOST:PORT, or HOST:* for every port"},
       {"a:http", "'a:http' has no port: write HOST:PORT, or HOST:* for every port"},
       {"::1:80", "'::1:80' is not understood: write an IPv6 address in brackets, [::1]:80"},
       {":80", "':80' names no host: write HOST:PORT, such as example.org:443"},
       {"*:80", "'*:80' names no host: write HOST:PORT, such as example.org:443"}});
}

}  // namespace
}  // namespace capstan::platform
