#include <capstan/platform/entry.h>

#include <gtest/gtest.h>

namespace capstan::platform {
namespace {

ComponentItem function(std::string interface_id, std::string name,
                       std::string signature = "func()") {
  return {.kind = ComponentItem::Kind::function,
          .interface_name = std::move(interface_id),
          .name = std::move(name),
          .signature = std::move(signature)};
}

using Exports = std::vector<ComponentItem>;

std::string found(const Exports& exports) {
  const auto entry = find_entry("app.wasm", exports);
  return entry ? entry->interface_id + "|" + entry->name : entry.error().message();
}
std::string invoked(const Exports& exports, std::string_view text) {
  const auto entry = find_invoked("app.wasm", exports, text);
  return entry ? entry->interface_id + "|" + entry->name + "|" + entry->arguments
               : entry.error().message();
}

const Exports several = {function("", "add", "func(a: u32, b: u32) -> u32"),
                         function("a:b/one@0.1.0", "get", "func() -> u8"),
                         function("a:b/two@0.1.0", "get", "func(x: u8) -> u8"),
                         function("a:b/two@0.1.0", "[method]r.get", "func(self: borrow<r>)")};

TEST(Entry, IsTheCommandInterfaceOfWhateverVersion) {
  for (const char* id : {"wasi:cli/run@0.2.0", "wasi:cli/run@0.2.6", "wasi:cli/run@0.3.0"}) {
    const Exports exports = {function("", "run"), function(id, "run")};
    EXPECT_EQ(found(exports), std::string(id) + "|run");
    EXPECT_TRUE(find_entry("app.wasm", exports)->command);
  }
}

TEST(Entry, IsTheWorldsRunElseTheOnlyFunctionWithoutParameters) {
  EXPECT_EQ(found({function("a:b/c", "go"), function("", "run", "func() -> u8")}), "|run");
  EXPECT_EQ(found(several), "a:b/one@0.1.0|get");
  EXPECT_FALSE(find_entry("app.wasm", several)->command);
}

TEST(Entry, SaysWhatCouldBeCalledWhenNothingCanBeChosen) {
  EXPECT_EQ(found({function("", "a"), function("", "b")}),
            "'app.wasm' exports no wasi:cli/run: choose a function with --invoke; it has a, b");
  EXPECT_EQ(found({function("", "run", "func(x: u8)")}),
            "'app.wasm' exports no wasi:cli/run: choose a function with --invoke; it has run");
}

TEST(Entry, SaysWhenThereIsNothingToRun) {
  const std::string nothing =
      "there is nothing to run in 'app.wasm': it exports neither wasi:cli/run nor a function that "
      "could be called";
  EXPECT_EQ(found({}), nothing);
  EXPECT_EQ(found({function("a:b/c", "[constructor]r")}), nothing);
}

TEST(Invoke, FindsAFunctionByAsMuchOfItsNameAsIsNeeded) {
  EXPECT_EQ(invoked(several, "add(1, 2)"), "|add|1, 2");
  EXPECT_EQ(invoked(several, "a:b/one@0.1.0.get()"), "a:b/one@0.1.0|get|");
  EXPECT_EQ(invoked(several, "a:b/two.get(3)"), "a:b/two@0.1.0|get|3");
  EXPECT_EQ(invoked(several, "two#get(3)"), "a:b/two@0.1.0|get|3");
  EXPECT_EQ(invoked(several, "one.get"), "a:b/one@0.1.0|get|");
  EXPECT_EQ(invoked({function("a:b/one", "f")}, " f () "), "a:b/one|f|");
}

TEST(Invoke, KeepsTheArgumentsAsTheyAre) {
  EXPECT_EQ(invoked(several, R"x(add("a.b#c(d)", { x: 1 }))x"), R"x(|add|"a.b#c(d)", { x: 1 })x");
}

TEST(Invoke, PrefersTheWorldsOwnFunction) {
  EXPECT_EQ(invoked({function("a:b/c", "f"), function("", "f")}, "f()"), "|f|");
}

TEST(Invoke, ListsTheExportsNearestFirst) {
  EXPECT_EQ(
      invoked(several, "ad(1)"),
      "'app.wasm' exports no function 'ad': it has add, a:b/one@0.1.0.get, a:b/two@0.1.0.get");
  EXPECT_EQ(invoked(several, "a:b/two@0.1.0.gte(1)"),
            "'app.wasm' exports no function 'a:b/two@0.1.0.gte': it has a:b/two@0.1.0.get, add, "
            "a:b/one@0.1.0.get");
  EXPECT_EQ(invoked({}, "f()"),
            "'app.wasm' exports no function 'f', and no other that could be called");
}

TEST(Invoke, ListsOnlySoManyExports) {
  Exports many;
  for (char name = 'a'; name <= 'k'; ++name) many.push_back(function("", std::string(1, name)));

  EXPECT_EQ(invoked(many, "zzz"),
            "'app.wasm' exports no function 'zzz': it has a, b, c, d, e, f, g, h and 3 more");
}

TEST(Invoke, RefusesWhatIsAmbiguousOrNotACall) {
  EXPECT_EQ(invoked(several, "get()"),
            "'get' could be a:b/one@0.1.0.get, a:b/two@0.1.0.get: name the interface too");
  EXPECT_EQ(invoked(several, "add(1, 2"),
            "'add(1, 2' has no ')' at its end: write name(arguments)");
  EXPECT_EQ(invoked(several, "(1)"), "'(1)' names no function: write name(arguments)");
  EXPECT_EQ(invoked(several, ""), "'' names no function: write name(arguments)");
}

}  // namespace
}  // namespace capstan::platform
