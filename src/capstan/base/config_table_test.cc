#include <capstan/base/config_table.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

ConfigTable parse(std::string_view text) {
  auto table = ConfigTable::parse(text, "host.toml");
  EXPECT_TRUE(table) << table.error().message();
  return *std::move(table);
}

template <typename T>
std::string message(const Result<T>& result) {
  if (result) return "";
  EXPECT_EQ(result.error().code(), ErrorCode::invalid_argument);
  return result.error().message();
}

TEST(ConfigTable, GivesValuesOfEachKind) {
  const ConfigTable table = parse(R"(
name = "keyvalue"
workers = 4
quiet = true
paths = ["a", "b"]
)");

  EXPECT_EQ(table.text("name").value(), "keyvalue");
  EXPECT_EQ(table.integer_or("workers", 1).value(), 4);
  EXPECT_EQ(table.boolean_or("quiet", false).value(), true);
  EXPECT_THAT(table.texts("paths").value(), ElementsAre("a", "b"));
  EXPECT_EQ(message(table.finish()), "");
}

TEST(ConfigTable, OptionalKeysHaveDefaults) {
  const ConfigTable table = parse("");

  EXPECT_EQ(table.text_or("name", "none").value(), "none");
  EXPECT_EQ(table.integer_or("workers", 1).value(), 1);
  EXPECT_EQ(table.boolean_or("quiet", true).value(), true);
  EXPECT_THAT(table.texts("paths").value(), IsEmpty());
  EXPECT_EQ(table.table_if("host").value(), std::nullopt);
  EXPECT_THAT(table.tables("route").value(), IsEmpty());
}

TEST(ConfigTable, AnUnknownKeyIsAnErrorThatNamesTheNearestOne) {
  const ConfigTable table = parse("[host]\nlib = \"x\"\nnmae = \"y\"\n");
  const ConfigTable host = table.table("host").value();
  (void)host.text("lib");
  (void)host.text("name");

  EXPECT_EQ(message(table.finish()), "host.toml:3: unknown key 'nmae', did you mean 'name'?");
}

TEST(ConfigTable, AnUnknownKeyThatIsNearNothingListsTheKnownOnes) {
  const ConfigTable table = parse("[host]\ncolour = 1\n");
  const ConfigTable host = table.table("host").value();
  (void)host.text_or("lib", "");
  (void)host.text_or("name", "");

  EXPECT_EQ(message(table.finish()),
            "host.toml:2: unknown key 'colour', known are 'lib', 'name' in [host]");
}

TEST(ConfigTable, TheFirstUnknownKeyOfTheFileIsReported) {
  const ConfigTable table = parse("[[route]]\npath = \"/\"\nfirst = 1\n[zzz]\n[aaa]\n");
  const auto routes = table.tables("route").value();
  (void)routes[0].text("path");

  EXPECT_THAT(message(table.finish()), StartsWith("host.toml:3: unknown key 'first', known is"));
}

TEST(ConfigTable, ATableNobodyTookIsUnknown) {
  const ConfigTable table = parse("[hots]\nname = \"x\"\n");
  (void)table.table("host");

  EXPECT_EQ(message(table.finish()), "host.toml:1: unknown key 'hots', did you mean 'host'?");
}

TEST(ConfigTable, TheSameTableTakenTwiceIsTheSame) {
  const ConfigTable table = parse("[host]\nname = \"x\"\nlib = \"y\"\n");
  (void)table.table("host").value().text("name");
  (void)table.table("host").value().text("lib");

  EXPECT_EQ(message(table.finish()), "");
}

TEST(ConfigTable, AMissingKeySaysWhereItBelongs) {
  const ConfigTable table = parse("\n[host]\nlib = \"x\"\n");
  const ConfigTable host = table.table("host").value();

  EXPECT_EQ(message(host.text("name")),
            "host.toml:2: the key 'name' in [host] is missing: add name = \"...\"");
  EXPECT_EQ(message(host.table("config")),
            "host.toml:2: the key 'config' in [host] is missing: add the table [host.config]");
  EXPECT_EQ(message(table.text("version")),
            "host.toml: the key 'version' is missing: add version = \"...\"");
}

TEST(ConfigTable, AValueOfAnotherTypeIsAnErrorEvenWhenItHasADefault) {
  const ConfigTable table = parse("name = 3\npaths = \"a\"\nquiet = \"yes\"\nn = 1.5\nhost = 1\n");

  EXPECT_EQ(message(table.text("name")),
            "host.toml:1: 'name' must be text in quotes, not an integer");
  EXPECT_EQ(message(table.text_or("name", "x")),
            "host.toml:1: 'name' must be text in quotes, not an integer");
  EXPECT_EQ(message(table.texts("paths")),
            "host.toml:2: 'paths' must be a list of texts, as [\"a\", \"b\"], not text");
  EXPECT_EQ(message(table.boolean_or("quiet", false)),
            "host.toml:3: 'quiet' must be true or false, not text");
  EXPECT_EQ(message(table.integer_or("n", 0)),
            "host.toml:4: 'n' must be an integer, not a number with a fraction");
  EXPECT_EQ(message(table.table_if("host")),
            "host.toml:5: 'host' must be the table [host], not an integer");
  EXPECT_EQ(message(table.tables("host")),
            "host.toml:5: 'host' must be one or more tables [[host]], not an integer");
}

TEST(ConfigTable, MixedListsAreRefused) {
  const ConfigTable table = parse("paths = [\"a\", 1]\nroute = [{}, 2]\n");

  EXPECT_THAT(message(table.texts("paths")), HasSubstr("not an integer"));
  EXPECT_THAT(message(table.tables("route")), HasSubstr("a list of tables [[route]]"));
}

TEST(ConfigTable, FreeKeysComeInTheOrderOfTheFileAsText) {
  const ConfigTable table = parse(R"([config]
zone = "eu"
retries = 3
ratio = 0.5
fast = true
since = 2026-01-02
)");
  const ConfigTable config = table.table("config").value();

  EXPECT_THAT(config.values().value(),
              ElementsAre(Pair("zone", "eu"), Pair("retries", "3"), Pair("ratio", "0.5"),
                          Pair("fast", "true"), Pair("since", "2026-01-02")));
  EXPECT_EQ(message(table.finish()), "");
}

TEST(ConfigTable, FreeKeysAreSingleValues) {
  const ConfigTable config = parse("[config]\nlist = [1]\n").table("config").value();

  EXPECT_EQ(message(config.values()), "host.toml:2: 'list' must be a single value, not a list");
}

TEST(ConfigTable, HasDoesNotMakeAKeyKnown) {
  const ConfigTable table = parse("name = \"x\"\n");

  EXPECT_TRUE(table.has("name"));
  EXPECT_FALSE(table.has("nmae"));
  EXPECT_EQ(message(table.finish()), "host.toml:1: unknown key 'name', nothing is known here");
}

TEST(ConfigTable, ErrorsOfTheReaderSayWhereTheKeyStands) {
  const ConfigTable table = parse("[host]\nlib = \"gone.so\"\n");
  const ConfigTable host = table.table("host").value();

  EXPECT_EQ(host.error_at("lib", "there is no 'gone.so'").message(),
            "host.toml:2: there is no 'gone.so'");
  EXPECT_EQ(host.error_at("wit", "x").message(), "host.toml:1: x");
}

TEST(ConfigTable, WhatIsNoTomlSaysTheLine) {
  const auto table = ConfigTable::parse("name = \"x\"\nlib = \n", "host.toml");

  EXPECT_THAT(message(table), StartsWith("host.toml:2: no valid TOML: "));
  EXPECT_THAT(message(table), Not(HasSubstr("\n")));
}

TEST(ConfigTable, TheSameKeyTwiceIsNoValidToml) {
  EXPECT_THAT(message(ConfigTable::parse("a = 1\na = 2\n", "f")), StartsWith("f:2: no valid TOML"));
}

TEST(ConfigTable, ControlCharactersInKeysAreShownAsWhatTheyAre) {
  const ConfigTable table = parse("\"a\\u001b\\nb\" = 1\n");

  EXPECT_EQ(message(table.finish()),
            "host.toml:1: unknown key 'a\\x1b\\x0ab', nothing is known here");
}

TEST(ConfigTable, DeepNestingIsAnErrorAndNoCrash) {
  const std::string deep = "a = " + std::string(100'000, '[');

  EXPECT_THAT(message(ConfigTable::parse(deep, "f")), StartsWith("f:1: no valid TOML"));
}

TEST(ConfigTable, AMissingFileIsAnErrorOfItsOwn) {
  const auto table = ConfigTable::read("/nowhere/host.toml");

  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code(), ErrorCode::io);
  EXPECT_EQ(table.error().message(), "cannot read '/nowhere/host.toml': there is no such file");
}

TEST(ConfigTable, AFolderIsNoFile) {
  const auto table = ConfigTable::read("/");

  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().message(), "'/' is a folder, not a file");
}

TEST(ConfigTable, AFileWithoutAnEndIsRefused) {
  const auto table = ConfigTable::read("/dev/zero");

  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().message(), HasSubstr("too many for a configuration file"));
}

}  // namespace
}  // namespace capstan
