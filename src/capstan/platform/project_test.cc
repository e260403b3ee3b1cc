#include <capstan/platform/project.h>

#include <gmock/gmock.h>

namespace capstan::platform {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Result<BuildSettings> read(std::string_view text) {
  CAPSTAN_TRY(const auto table, ConfigTable::parse(text, "capstan.toml"));
  CAPSTAN_TRY(auto settings, read_build_settings(table));
  CAPSTAN_TRY_VOID(table.finish());
  return settings;
}

TEST(BuildSettings, HaveDefaults) {
  const auto settings = read("");

  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->language, GuestLanguage::cpp);
  EXPECT_THAT(settings->sources, ElementsAre("src"));
  EXPECT_EQ(settings->wit, "wit");
  EXPECT_EQ(settings->world, "");
  EXPECT_EQ(settings->adapter, CAPSTAN_TOOLCHAIN_ADAPTER_AUTO);
  EXPECT_THAT(settings->options, IsEmpty());
}

TEST(BuildSettings, AreRead) {
  const auto settings = read(
      "language = \"c\"\nsources = [\"a.c\", \"b\"]\nwit = \"w.wit\"\nworld = \"w\"\n"
      "adapt = \"proxy\"\nfeatures = [\"f\"]\nstring_encoding = \"utf16\"\noptions = [\"-g\"]\n"
      "link_options = [\"-lm\"]\n");

  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->language, GuestLanguage::c);
  EXPECT_THAT(settings->sources, ElementsAre("a.c", "b"));
  EXPECT_EQ(settings->wit, "w.wit");
  EXPECT_EQ(settings->world, "w");
  EXPECT_EQ(settings->adapter, CAPSTAN_TOOLCHAIN_ADAPTER_PROXY);
  EXPECT_THAT(settings->features, ElementsAre("f"));
  EXPECT_EQ(settings->string_encoding, CAPSTAN_TOOLCHAIN_STRING_UTF16);
  EXPECT_THAT(settings->options, ElementsAre("-g"));
  EXPECT_THAT(settings->link_options, ElementsAre("-lm"));
}

TEST(BuildSettings, AWordThatIsNoChoiceIsRefusedWithTheChoices) {
  EXPECT_EQ(read("\nadapt = \"comand\"").error().message(),
            "capstan.toml:2: 'adapt' is 'comand', which is not one of auto, command, reactor, "
            "proxy, none");
}

TEST(BuildSettings, AnUnknownKeyIsRefused) {
  EXPECT_EQ(read("langauge = \"c\"").error().message(),
            "capstan.toml:1: unknown key 'langauge', did you mean 'language'?");
}

}  // namespace
}  // namespace capstan::platform
