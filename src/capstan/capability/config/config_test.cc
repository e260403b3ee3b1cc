#include <capstan/capability/config/config.h>

#include <capstan/capability/config/conformance_testing.h>
#include <capstan/capability/config/connect.h>
#include <capstan/capability/config/file.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace capstan::config {
namespace {

namespace fs = std::filesystem;

// A file that is removed at the end.
class File {
 public:
  File(std::string_view name, std::string_view text)
      : path_(fs::temp_directory_path() / (std::to_string(::getpid()) + std::string(name))) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { fs::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

// In double quotes, which both formats know.
std::string in_quotes(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    constexpr std::string_view special = "\n\r\t\"\\";
    constexpr std::string_view letters = "nrt\"\\";
    const auto found = special.find(c);
    if (found != std::string_view::npos) text += '\\';
    text += found == std::string_view::npos ? c : letters[found];
  }
  return text + '"';
}

Result<std::shared_ptr<Source>> from_lines(const Values& values) {
  std::string text;
  for (const auto& [key, value] : values) text += key + " = " + in_quotes(value) + "\n";
  const File file(".env", text);
  return connect_with(FileOptions{.path = file.path(), .format = {}, .over = {}});
}
Result<std::shared_ptr<Source>> from_toml(const Values& values) {
  std::string text;
  for (const auto& [key, value] : values) text += in_quotes(key) + " = " + in_quotes(value) + "\n";
  const File file(".toml", text);
  return connect_with(FileOptions{.path = file.path(), .format = {}, .over = {}});
}

INSTANTIATE_TEST_SUITE_P(Embedded, ConfigConformance,
                         testing::Values(ConfigBackend{.name = "options",
                                                       .make =
                                                           [](const Values& values) {
                                                             return connect_with(
                                                                 FixedOptions{values});
                                                           }},
                                         ConfigBackend{.name = "lines", .make = from_lines},
                                         ConfigBackend{.name = "toml", .make = from_toml}),
                         testing::PrintToStringParamName());

TEST(Config, TakesTheLastValueOfAKey) {
  const auto source = connect_with(FixedOptions{{{"b", "1"}, {"a", "2"}, {"b", "3"}}}).value();

  EXPECT_EQ(source->all().value(), (Values{{"a", "2"}, {"b", "3"}}));
}

TEST(Config, RefusesTextThatIsNotUtf8WithoutShowingIt) {
  EXPECT_EQ(connect_with(FixedOptions{{{"a", "secret\xff"}}}).error().message(),
            "the configuration value of 'a' is not UTF-8");
  EXPECT_EQ(connect_with(FixedOptions{{{"a\xff", ""}}}).error().message(),
            "the configuration key 'a\\xff' is not UTF-8");
  EXPECT_EQ(connect_with(FixedOptions{{{"", ""}}}).error().message(),
            "a configuration value has no key");
  Values many;
  for (int i = 0; i <= 10'000; ++i) many.emplace_back(std::to_string(i), "");
  EXPECT_EQ(connect_with(FixedOptions{many}).error().message(),
            "there are 10001 configuration values: at most 10000 are allowed");
}

TEST(ConfigLines, AreReadAsOthersWriteThem) {
  const Values values = parse_lines(
                            "# a comment\n"
                            "\r\n"
                            "PLAIN = some text # not a comment \n"
                            "export EXPORTED=1\n"
                            "QUOTED=\" two\\nlines \"\n"
                            "RAW='as \\n it is'\n"
                            "EMPTY=\n"
                            "dotted.key=a=b",
                            "x.env")
                            .value();

  EXPECT_EQ(values, (Values{{"PLAIN", "some text # not a comment"},
                            {"EXPORTED", "1"},
                            {"QUOTED", " two\nlines "},
                            {"RAW", "as \\n it is"},
                            {"EMPTY", ""},
                            {"dotted.key", "a=b"}}));
}

TEST(ConfigLines, SayWhereTheyAreWrongAndNotWhatTheyContain) {
  const auto refused = [](std::string_view text) {
    return parse_lines(text, "x.env").error().message();
  };
  EXPECT_EQ(refused("\nsecret"), "x.env:2: a line without '=': write KEY=VALUE");
  EXPECT_EQ(refused("=secret"), "x.env:1: a line without a key: write KEY=VALUE");
  EXPECT_EQ(refused("a=1\na=2"), "x.env:2: the key 'a' is there twice");
  const std::string quotes =
      "x.env:1: the value of 'a' is not quoted correctly: \"...\" knows \\n, \\r, \\t, \\\" and "
      "\\\\, and nothing may follow the last quote";
  EXPECT_EQ(refused("a=\"secret"), quotes);
  EXPECT_EQ(refused("a=\"sec\\ret\\x\""), quotes);
  EXPECT_EQ(refused("a='secret' x"), quotes);
  EXPECT_EQ(refused("a=\"secret\\"), quotes);
}

TEST(ConfigFile, IsFoundByItsAddressAndGivesWayToWhatIsGranted) {
  const File file(".env", "a=1\nb=2\n");
  const Url url = Url::parse("file:" + file.path()).value();

  const auto source = connect(url, {{"b", "granted"}, {"c", "3"}}).value();

  EXPECT_EQ(source->all().value(), (Values{{"a", "1"}, {"b", "granted"}, {"c", "3"}}));
}

TEST(ConfigFile, SaysWhatIsWrongWithIt) {
  const File table("tables.conf", "[table]\nkey = 1\n");
  const auto refused = [](const std::string& address) {
    const auto source = connect(Url::parse(address).value(), {});
    return source ? "accepted" : source.error().message();
  };
  EXPECT_EQ(refused("file:/no/such/file.env"),
            "there is no configuration file '/no/such/file.env'");
  EXPECT_EQ(refused("file:" + table.path()),
            table.path() + ":1: a line without '=': write KEY=VALUE");
  EXPECT_EQ(refused("file:" + table.path() + "?format=toml"),
            table.path() + ":1: 'table' must be a single value, not a table");
  EXPECT_EQ(refused("file:x?format=json"),
            "'file:x?format=json': format: 'json' is no format: write toml or lines");
  EXPECT_EQ(refused("options?a=b"),
            "'options?a=b': the backend 'options' has no option 'a': it takes none");
}

}  // namespace
}  // namespace capstan::config
