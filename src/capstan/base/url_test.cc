#include <capstan/base/url.h>

#include <gmock/gmock.h>

namespace capstan {
namespace {

std::string message(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? "no error" : url.error().message();
}

TEST(Url, HasASchemeAPlaceAndOptions) {
  const Url url = Url::parse("sqlite:data/app.db?shared=yes&prefix=a%26b").value();

  EXPECT_EQ(url.scheme, "sqlite");
  EXPECT_EQ(url.rest, "data/app.db");
  EXPECT_EQ(url.options, (std::vector<std::pair<std::string, std::string>>{{"shared", "yes"},
                                                                           {"prefix", "a&b"}}));
}

TEST(Url, MayBeANameAlone) {
  const Url url = Url::parse("memory").value();

  EXPECT_EQ(url.scheme, "memory");
  EXPECT_EQ(url.rest, "");
  EXPECT_EQ(url.shown(), "memory");
}

TEST(Url, IsShownWithoutItsSecrets) {
  const auto shown = [](std::string_view text) { return Url::parse(text).value().shown(); };

  EXPECT_EQ(shown("redis://user:secret@cache:6379/2"), "redis://user:***@cache:6379/2");
  EXPECT_EQ(shown("redis://:p@ss@cache"), "redis://:***@cache");
  EXPECT_EQ(shown("redis://cache:6379?password=x"), "redis://cache:6379?password=***");
  EXPECT_EQ(shown("sqlite:a:b@c"), "sqlite:a:b@c");
}

TEST(Url, WithoutSenseIsRefused) {
  EXPECT_EQ(message(""), "'' does not begin with the name of a backend");
  EXPECT_EQ(message("/data"), "'/data' does not begin with the name of a backend");
  EXPECT_EQ(message("memory?bytes"),
            "'memory' has the option 'bytes' without a value: write NAME=VALUE");
  EXPECT_EQ(message("memory?a=1&a=2"), "'memory?a=1' has the option 'a' twice");
  EXPECT_EQ(message("memory?a=%4"),
            "'%4' has a '%' that is not followed by two hexadecimal digits: write %25 for the sign "
            "itself");
}

TEST(UrlOptions, AreReadByNameWithADefault) {
  const Url url = Url::parse("memory?bytes=64MiB&keys=10&wait=2s&shared=yes&name=x").value();
  UrlOptions options(url);

  EXPECT_EQ(options.bytes("bytes", 1).value(), 64u << 20);
  EXPECT_EQ(options.count("keys", 5, 100).value(), 10u);
  EXPECT_EQ(options.duration_ms("wait", 1).value(), 2000u);
  EXPECT_TRUE(options.yes_or_no("shared", false).value());
  EXPECT_EQ(options.text("name", "y").value(), "x");
  EXPECT_EQ(options.count("other", 7, 100).value(), 7u);
  EXPECT_TRUE(options.finish().has_value());
}

TEST(UrlOptions, AValueWithoutSenseNamesItsOption) {
  const Url url = Url::parse("memory?bytes=lots&shared=perhaps").value();
  UrlOptions options(url);

  EXPECT_EQ(
      options.bytes("bytes", 1).error().message(),
      "'memory?bytes=lots&shared=perhaps': bytes: 'lots' is not understood: write a size such "
      "as 64MiB, 1GB or 65536");
  EXPECT_EQ(options.yes_or_no("shared", false).error().message(),
            "'memory?bytes=lots&shared=perhaps': shared: 'perhaps' is not understood: write yes or "
            "no");
}

TEST(UrlOptions, AMisspeltOneIsNotIgnored) {
  const Url url = Url::parse("memory?byte=1MiB").value();
  UrlOptions options(url);
  (void)options.bytes("bytes", 1);

  EXPECT_EQ(options.finish().error().message(),
            "'memory?byte=1MiB': the backend 'memory' has no option 'byte': did you mean 'bytes'?");
}

}  // namespace
}  // namespace capstan
