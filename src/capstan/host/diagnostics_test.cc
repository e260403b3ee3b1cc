#include <capstan/host/diagnostics.h>
#include <gtest/gtest.h>

namespace capstan::host {
namespace {

using Names = std::vector<std::string_view>;

// -------------------------------------------------------------------------------------------
// nearest

TEST(Nearest, FindsAMisspelling) {
  const Names known = {"wasi:keyvalue/atomics@0.2.0", "wasi:keyvalue/store@0.2.0",
                       "wasi:logging/logging"};

  EXPECT_EQ(nearest("wasi:keyvalue/stroe@0.2.0", known), "wasi:keyvalue/store@0.2.0");
  EXPECT_EQ(nearest("wasi:logging/loging", known), "wasi:logging/logging");
}

TEST(Nearest, FindsNothingThatIsFarAway) {
  const Names known = {"wasi:keyvalue/store", "demo:a/b"};

  EXPECT_EQ(nearest("acme:printer/queue", known), "");
  EXPECT_EQ(nearest("anything", Names()), "");
  EXPECT_EQ(nearest("", known), "");
}

TEST(Nearest, AThirdOfTheLettersMayDiffer) {
  const Names known = {"abcdef"};

  EXPECT_EQ(nearest("abcdxy", known), "abcdef");
  EXPECT_EQ(nearest("abcxyz", known), "");
  EXPECT_EQ(nearest("ab", Names{"ac"}), "");
}

TEST(Nearest, TheFirstOfEqualsWins) {
  const Names known = {"store-a", "store-b"};

  EXPECT_EQ(nearest("store-c", known), "store-a");
}

// ------------------------------------------------------------------------------------------
// versions

TEST(WithoutVersion, CutsTheLastAt) {
  EXPECT_EQ(without_version("wasi:io/streams@0.2.3"), "wasi:io/streams");
  EXPECT_EQ(without_version("wasi:io/streams"), "wasi:io/streams");
  EXPECT_EQ(without_version(""), "");
}

TEST(CompatibilityKey, KeepsTheNumbersThatMustAgree) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"a:b/c@1.0.0", "a:b/c@1"},     {"a:b/c@1.2.3", "a:b/c@1"},
      {"a:b/c@12.0.7", "a:b/c@12"},   {"a:b/c@0.2.0", "a:b/c@0.2"},
      {"a:b/c@0.2.3", "a:b/c@0.2"},   {"a:b/c@0.12.3", "a:b/c@0.12"},
      {"a:b/c@0.0.1", "a:b/c@0.0.1"}, {"a:b/c@0.0.2", "a:b/c@0.0.2"},
      {"a:b/c@0.0.0", "a:b/c@0.0.0"}, {"a:b/c@10.0.0", "a:b/c@10"},
  };
  for (const auto& [id, key] : table) EXPECT_EQ(compatibility_key(id), key) << id;
}

TEST(CompatibilityKey, IsEmptyWhereOnlyTheExactVersionFits) {
  EXPECT_EQ(compatibility_key("a:b/c"), "");
  EXPECT_EQ(compatibility_key("a:b/c@"), "");
  EXPECT_EQ(compatibility_key("wasi:keyvalue/store@0.2.0-draft"), "");
  EXPECT_EQ(compatibility_key("a:b/c@1.0.0-rc.1"), "");
  EXPECT_EQ(compatibility_key("a:b/c@1.0.0+build"), "");
}

// ---------------------------------------------------------------------------------
// rename_resources

TEST(RenameResources, ReplacesEveryHandle) {
  const std::map<std::string, std::string, std::less<>> names = {{"a:b/c.bucket", "#1"},
                                                                 {"cursor", "#2"}};

  EXPECT_EQ(
      rename_resources(
          "func(self: borrow<a:b/c.bucket>, at: own<cursor>) -> list<own<a:b/c.bucket>>", names),
      "func(self: borrow<#1>, at: own<#2>) -> list<own<#1>>");
}

TEST(RenameResources, KeepsNamesItDoesNotKnow) {
  EXPECT_EQ(rename_resources("func(x: own<other>)", {{"bucket", "#1"}}), "func(x: own<other>)");
}

TEST(RenameResources, LeavesOtherTextAlone) {
  const std::map<std::string, std::string, std::less<>> names = {{"u8", "#1"}, {"", "#2"}};

  EXPECT_EQ(rename_resources("func(own: list<u8>, borrow: option<u8>)", names),
            "func(own: list<u8>, borrow: option<u8>)");
  EXPECT_EQ(rename_resources("", names), "");
}

TEST(RenameResources, NamesAreNotRenamedTwice) {
  const std::map<std::string, std::string, std::less<>> names = {{"a", "b"}, {"b", "a"}};

  EXPECT_EQ(rename_resources("func(x: own<a>, y: own<b>)", names), "func(x: own<b>, y: own<a>)");
}

TEST(RenameResources, TextThatEndsInsideAHandleIsKept) {
  EXPECT_EQ(rename_resources("func(x: own<a", {{"a", "b"}}), "func(x: own<b");
  EXPECT_EQ(rename_resources("func(x: own<", {}), "func(x: own<");
}

// -----------------------------------------------------------------------------------
// show_difference

TEST(ShowDifference, MarksTheFirstTypeThatDiffers) {
  EXPECT_EQ(
      show_difference("func(key: string, n: u32) -> bool", "func(key: string, n: u64) -> bool"),
      "  component: func(key: string, n: u32) -> bool\n"
      "                                  ^^^\n"
      "  host:      func(key: string, n: u64) -> bool\n"
      "                                  ^^^");
}

TEST(ShowDifference, MarksWholeWords) {
  EXPECT_EQ(show_difference("func(first-key: u8)", "func(first-keys: u8)"),
            "  component: func(first-key: u8)\n"
            "                  ^^^^^^^^^\n"
            "  host:      func(first-keys: u8)\n"
            "                  ^^^^^^^^^^");
}

TEST(ShowDifference, MarksAMissingResult) {
  EXPECT_EQ(show_difference("func() -> u8", "func()"),
            "  component: func() -> u8\n"
            "                   ^\n"
            "  host:      func()\n"
            "                   ^");
}

TEST(ShowDifference, OfEqualOrEmptyTextStillHasMarks) {
  EXPECT_EQ(show_difference("", ""),
            "  component: \n"
            "             ^\n"
            "  host:      \n"
            "             ^");
  EXPECT_EQ(show_difference("func()", "func()"),
            "  component: func()\n"
            "                   ^\n"
            "  host:      func()\n"
            "                   ^");
}

// --------------------------------------------------------------------------------------------
// advice

TEST(Advice, AnotherVersionOfTheSameInterface) {
  const Names provided = {"demo:a/b@1.0.0", "wasi:keyvalue/store@0.2.0-draft"};

  EXPECT_EQ(advice_for_missing("wasi:keyvalue/store@0.2.0-draft2", provided, false),
            "the host provides another version of it: wasi:keyvalue/store@0.2.0-draft");
  EXPECT_EQ(advice_for_missing("demo:a/b", provided, false),
            "the host provides another version of it: demo:a/b@1.0.0");
}

TEST(Advice, SeveralVersionsOfTheSameInterface) {
  const Names provided = {"wasi:cli/stdout@0.2.12", "wasi:cli/stdout@0.3.0"};

  EXPECT_EQ(advice_for_missing("wasi:cli/stdout@0.4.0", provided, true),
            "the host provides other versions of it: wasi:cli/stdout@0.2.12, "
            "wasi:cli/stdout@0.3.0");
}

TEST(Advice, WasiThatWasNotAskedFor) {
  for (const std::string_view id :
       {"wasi:cli/environment@0.2.0", "wasi:io/streams@0.2.3", "wasi:filesystem/types@0.2.0",
        "wasi:clocks/wall-clock@0.2.0", "wasi:random/random@0.2.0", "wasi:sockets/tcp@0.2.0",
        "wasi:cli/stdout@0.3.0"}) {
    EXPECT_EQ(advice_for_missing(id, Names(), false), "it is part of WASI: call linker.add_wasi()")
        << id;
  }
}

TEST(Advice, WasiThatTheEngineDoesNotHave) {
  EXPECT_EQ(advice_for_missing("wasi:cli/environment@0.9.0", Names(), true),
            "the engine's WASI, 0.2 and 0.3, has no such interface");
}

TEST(Advice, OtherWasiPackagesAreNotTheEngines) {
  EXPECT_EQ(advice_for_missing("wasi:keyvalue/store@0.2.0-draft", Names(), false),
            "generate bindings for it with capstan_bindings() and register them with their "
            "add_to_linker()");
}

TEST(Advice, AMisspelling) {
  const Names provided = {"demo:shop/orders@1.0.0"};

  EXPECT_EQ(advice_for_missing("demo:shop/order@1.0.0", provided, false),
            "did you mean demo:shop/orders@1.0.0, which the host provides?");
}

TEST(Advice, NothingIsNear) {
  const Names provided = {"demo:shop/orders@1.0.0"};

  EXPECT_EQ(advice_for_missing("acme:printer/queue", provided, false),
            "generate bindings for it with capstan_bindings() and register them with their "
            "add_to_linker()");
}

}  // namespace
}  // namespace capstan::host
