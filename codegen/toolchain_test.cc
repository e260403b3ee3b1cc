// What the toolchain says about files, and components plugged into each other.
#include "toolchain.h"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::codegen {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string assemble(std::string_view text) { return wat_to_wasm("test.wat", text).value(); }

std::string provider(std::string_view interface, std::string_view result = "u32") {
  std::string text = R"((component
    (core module $m (func (export "f") (result i32) (i32.const 1)))
    (core instance $m (instantiate $m))
    (func $f (result RESULT) (canon lift (core func $m "f")))
    (component $shim (import "f" (func $f (result RESULT))) (export "f" (func $f)))
    (instance $i (instantiate $shim (with "f" (func $f))))
    (export "INTERFACE" (instance $i))))";
  const auto put = [&](std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what))
      text.replace(at, what.size(), with);
  };
  put("RESULT", result);
  put("INTERFACE", interface);
  return assemble(text);
}

std::string app(std::string_view imports) {
  return assemble(std::string("(component ") + std::string(imports) +
                  R"((core module $m (func (export "run")))
    (core instance $m (instantiate $m))
    (func (export "run") (canon lift (core func $m "run")))))");
}

constexpr std::string_view imports_clock =
    R"((import "demo:time/clock@1.0.0" (instance (export "f" (func (result u32))))))";

TEST(FileKind, IsToldFromTheBytes) {
  EXPECT_EQ(kind_of(assemble("(component)")), CAPSTAN_TOOLCHAIN_KIND_COMPONENT);
  EXPECT_EQ(kind_of(assemble("(module)")), CAPSTAN_TOOLCHAIN_KIND_MODULE);
  EXPECT_EQ(kind_of(assemble(R"((component (type (component (type (instance))))
    (export "x" (type 0))))")),
            CAPSTAN_TOOLCHAIN_KIND_WIT_PACKAGE);
  EXPECT_EQ(kind_of(" ;; a comment\n(; another ;)(component)"), CAPSTAN_TOOLCHAIN_KIND_TEXT);
  EXPECT_EQ(kind_of("( module)"), CAPSTAN_TOOLCHAIN_KIND_TEXT);
  EXPECT_EQ(kind_of(std::string("\x7f"
                                "ELF\x02\x01\x01\xc8",
                                8)),
            CAPSTAN_TOOLCHAIN_KIND_PRECOMPILED);
  for (const std::string_view other : {"", "(", "(;", ";;", "package a:b;",
                                       "\x7f"
                                       "ELF",
                                       "\xff("})
    EXPECT_EQ(kind_of(other), CAPSTAN_TOOLCHAIN_KIND_UNKNOWN) << other;
}

TEST(Producers, OfAComponentAndWhatIsInside) {
  const auto text = producers_json(assemble(R"((component $outer
    (core module $inner (@producers (language "C" "17") (processed-by "clang" "19"))))"
                                            R"())"));

  ASSERT_TRUE(text) << text.error();
  const json found = json::parse(*text);
  EXPECT_EQ(found["kind"], "component");
  EXPECT_EQ(found["name"], "outer");
  const json& inner = found["children"][0];
  EXPECT_EQ(inner["kind"], "module");
  EXPECT_EQ(inner["producers"], json::parse(R"([{"field": "language", "name": "C", "version": "17"},
                            {"field": "processed-by", "name": "clang", "version": "19"}])"));
}

TEST(Producers, OfNonsenseIsAnError) {
  EXPECT_FALSE(producers_json("nonsense"));
  EXPECT_FALSE(producers_json(assemble("(component (core module))").substr(0, 12)));
}

TEST(Compose, PlugsExportsIntoImports) {
  const auto composed =
      compose({"app", app(imports_clock)}, {{"clock", provider("demo:time/clock@1.0.0")}});

  ASSERT_TRUE(composed) << composed.error();
  EXPECT_TRUE(validate(composed->component));
  EXPECT_EQ(json::parse(composed->report_json),
            json::parse(R"({"satisfied": [{"import": "demo:time/clock@1.0.0", "of": "app",
                                           "by": "clock", "export": "demo:time/clock@1.0.0"}],
                            "left": [], "unused": []})"));
}

TEST(Compose, TellsWhatIsLeftOver) {
  const std::string imports =
      std::string(imports_clock) + R"((import "demo:log/log" (instance (export "f" (func)))))";

  const auto composed =
      compose({"app", app(imports)}, {{"clock", provider("demo:time/clock@1.2.0")},
                                      {"spare", provider("demo:time/clock@1.0.1")},
                                      {"other", provider("demo:other/thing")}});

  ASSERT_TRUE(composed) << composed.error();
  const json report = json::parse(composed->report_json);
  EXPECT_EQ(report["satisfied"][0]["export"], "demo:time/clock@1.2.0");
  EXPECT_EQ(report["left"], json::parse(R"([{"import": "demo:log/log", "of": "app",
                                             "reason": "no provider exports it"}])"));
  EXPECT_EQ(report["unused"][0]["reason"], "demo:time/clock@1.0.0 is served by `clock`");
  EXPECT_EQ(report["unused"][1]["reason"], "nobody imports what it exports");
}

TEST(Compose, ProvidersServeEachOther) {
  const std::string middle = assemble(R"((component
    (import "demo:time/base" (instance $base (export "f" (func (result u32)))))
    (export "demo:time/clock@1.0.0" (instance $base))))");

  const auto composed =
      compose({"app", app(imports_clock)}, {{"base", provider("demo:time/base")}, {"mid", middle}});

  ASSERT_TRUE(composed) << composed.error();
  EXPECT_TRUE(validate(composed->component));
  const json report = json::parse(composed->report_json);
  EXPECT_EQ(report["satisfied"].size(), 2U);
  EXPECT_EQ(report["left"].size(), 0U);
}

TEST(Compose, WithNothingToPlugIsAnErrorThatSaysWhy) {
  const std::string wants = app(imports_clock);

  EXPECT_THAT(compose({"app", wants}, {{"old", provider("demo:time/clock@0.9.0")}}).error(),
              HasSubstr("`old` exports another version of it: demo:time/clock@0.9.0"));
  EXPECT_THAT(
      compose({"app", wants}, {{"wrong", provider("demo:time/clock@1.0.0", "bool")}}).error(),
      HasSubstr("`wrong` exports it, but it has another type there"));
  EXPECT_THAT(compose({"app", wants}, {}).error(), HasSubstr("there is no provider"));
  EXPECT_THAT(compose({"app", "nonsense"}, {{"x", wants}}).error(), HasSubstr("app: "));
}

}  // namespace
}  // namespace capstan::codegen
