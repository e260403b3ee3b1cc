// Linking: what fits, what does not, and what the error says.
#include "seam.h"

#include <fmt/format.h>

namespace capstan::seam {
namespace {

using testing::HasSubstr;
using testing::Not;

// ----------------------------------------------------------------------------------- the host side

class Adder {
 public:
  u32 add(u32 a, u32 b) { return a + b; }
  u32 double_it(u32 n) { return 2 * n; }
};

constexpr abi::FunctionShape adder_functions[] = {
    abi::function<&Adder::add>("add", "a, b"),
    abi::function<&Adder::double_it>("double", "n"),
};
constexpr host::InterfaceShape adder(std::string_view id) { return {id, adder_functions, {}}; }

class Linking : public testing::Test {
 protected:
  Adder host;
  Linker<> linker{engine()};

  void provide(std::string_view id) { must(linker.add(adder(id), host::serve_with(host))); }
};

// A component that imports `add` from the interface `id` and exports `sum`, which calls it.
std::string uses_adder(std::string_view id,
                       std::string_view type = "(param \"a\" u32) (param \"b\" u32) (result u32)") {
  return fmt::format(R"((component
    (import "{}" (instance $calc (export "add" (func {}))))
    (core func $add (canon lower (func $calc "add")))
    (core module $main
      (import "calc" "add" (func $add (param i32 i32) (result i32)))
      (func (export "sum") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1))))
    (core instance $main (instantiate $main (with "calc" (instance (export "add" (func $add))))))
    (func (export "sum") (param "a" u32) (param "b" u32) (result u32) (canon lift
      (core func $main "sum")))))",
                     id, type);
}

// A component that imports these and does nothing.
Component imports(std::string_view text) { return load(fmt::format("(component {})", text)); }

TEST_F(Linking, ConnectsAHandWrittenHost) {
  provide("test:calc/adder@0.1.0");

  const Guest<> guest(linker, load(uses_adder("test:calc/adder@0.1.0")));

  EXPECT_THAT((guest.call<"sum(a, b)", u32(u32, u32)>(20, 22)), Gives(42u));
}

// --------------------------------------------------------------------------------- missing imports

TEST_F(Linking, MissingImportNamesTheInterfaceAndWhatProvidesIt) {
  const auto prepared = linker.prepare(load(uses_adder("test:calc/adder@0.1.0")));

  EXPECT_THAT(
      prepared,
      FailsWith(ErrorCode::not_linkable,
                "cannot link 'guest': the component imports test:calc/adder@0.1.0, which nothing "
                "provides: generate bindings for it with capstan_bindings() and register them with "
                "their add_to_linker()"));
}

TEST_F(Linking, MissingImportNamesAnotherVersion) {
  provide("test:calc/adder@0.3.0");

  const auto prepared = linker.prepare(load(uses_adder("test:calc/adder@0.1.0")));

  EXPECT_THAT(prepared,
              Fails(ErrorCode::not_linkable,
                    "imports test:calc/adder@0.1.0, which nothing provides: the host provides "
                    "another version of it: test:calc/adder@0.3.0"));
}

TEST_F(Linking, MissingImportNamesTheNearestSpelling) {
  provide("test:calc/addder@0.1.0");

  const auto prepared = linker.prepare(load(uses_adder("test:calc/adder@0.1.0")));

  EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable, "did you mean test:calc/addder@0.1.0"));
}

TEST_F(Linking, MissingWasiImportSaysHowToAddIt) {
  const Component component = imports(R"((import "wasi:random/random@0.2.0" (instance
    (export "get-random-u64" (func (result u64))))))");

  const auto prepared = linker.prepare(component);

  EXPECT_THAT(prepared,
              Fails(ErrorCode::not_linkable,
                    "imports wasi:random/random@0.2.0, which nothing provides: it is part of WASI: "
                    "call linker.add_wasi()"));
}

TEST_F(Linking, WasiOfAnotherGenerationIsNotOffered) {
  linker.add_wasi();
  const Component component = imports(R"((import "wasi:random/random@0.4.0" (instance
    (export "get-random-u64" (func (result u64))))))");

  const auto prepared = linker.prepare(component);

  EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable, "imports wasi:random/random@0.4.0"));
  EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable, "wasi:random/random@0.2."));
  EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable, "wasi:random/random@0.3."));
}

TEST_F(Linking, MissingWorldLevelFunctionIsNamed) {
  const auto prepared = linker.prepare(imports(R"((import "tell" (func (param "n" u32))))"));

  EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable,
                              "imports the world-level function 'tell', which nothing provides"));
}

TEST_F(Linking, AllProblemsAreReportedAtOnce) {
  provide("test:calc/adder@0.1.0");
  const Component component = imports(R"(
    (import "test:calc/adder@0.1.0" (instance
      (export "add" (func (param "a" u64) (param "b" u32) (result u32)))
      (export "subtract" (func (param "a" u32)))))
    (import "test:absent/thing" (instance (export "f" (func)))))");

  const auto prepared = linker.prepare(component);

  EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable, "cannot link 'guest', 3 problems:\n- "));
  EXPECT_THAT(prepared,
              Fails(ErrorCode::not_linkable, "test:calc/adder@0.1.0#add has another type"));
  EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable, "the host has no function 'subtract'"));
  EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable, "imports test:absent/thing"));
}

TEST_F(Linking, MissingFunctionNamesTheNearest) {
  provide("test:calc/adder@0.1.0");
  const Component component = imports(R"((import "test:calc/adder@0.1.0" (instance
    (export "doubel" (func (param "n" u32) (result u32))))))");

  EXPECT_THAT(
      linker.prepare(component),
      FailsWith(ErrorCode::not_linkable,
                "cannot link 'guest': test:calc/adder@0.1.0: the host has no function 'doubel' "
                "(it has 'double')"));
}

TEST_F(Linking, MissingResourceIsNamed) {
  provide("test:calc/adder@0.1.0");
  const Component component = imports(R"((import "test:calc/adder@0.1.0" (instance
    (export "register" (type (sub resource))))))");

  EXPECT_THAT(
      linker.prepare(component),
      FailsWith(ErrorCode::not_linkable,
                "cannot link 'guest': test:calc/adder@0.1.0: the host has no resource 'register'"));
}

// ------------------------------------------------------------------------------------- wrong types

TEST_F(Linking, WrongTypeShowsBothSignaturesWithTheDifferenceMarked) {
  provide("test:calc/adder@0.1.0");
  const Component component = imports(R"((import "test:calc/adder@0.1.0" (instance
    (export "add" (func (param "a" u32) (param "b" u64) (result u32))))))");

  EXPECT_THAT(
      linker.prepare(component),
      FailsWith(ErrorCode::not_linkable,
                "cannot link 'guest': test:calc/adder@0.1.0#add has another type in the component "
                "than in the host:\n"
                "  component: func(a: u32, b: u64) -> u32\n"
                "                             ^^^\n"
                "  host:      func(a: u32, b: u32) -> u32\n"
                "                             ^^^"));
}

// Each line is a function that is not `add: func(a: u32, b: u32) -> u32`.
TEST_F(Linking, EveryDifferenceOfASignatureCounts) {
  provide("test:calc/adder@0.1.0");
  for (const std::string_view type : {
           "(param \"a\" u32) (param \"b\" u32)",
           "(param \"a\" u32) (result u32)",
           "(param \"a\" u32) (param \"b\" s32) (result u32)",
           "(param \"a\" u32) (param \"b\" char) (result u32)",
           "(param \"a\" u32) (param \"other\" u32) (result u32)",
           "(param \"b\" u32) (param \"a\" u32) (result u32)",
           "(param \"a\" u32) (param \"b\" u32) (result u64)",
           "(param \"a\" u32) (param \"b\" u32) (result (option u32))",
           "(param \"a\" (tuple u32 u32)) (result u32)",
       }) {
    const auto prepared = linker.prepare(imports(fmt::format(
        R"((import "test:calc/adder@0.1.0" (instance (export "add" (func {})))))", type)));

    EXPECT_THAT(prepared, Fails(ErrorCode::not_linkable, "#add has another type")) << type;
  }
}

struct Point {
  u32 x = 0;
  u32 y = 0;
};
constexpr auto describe(const Point*) {
  return abi::record(abi::field("x", &Point::x), abi::field("y", &Point::y));
}
enum class Level : u8 { low, high };
constexpr auto describe(const Level*) { return abi::enumeration("low", "high"); }

class Plotter {
 public:
  void plot(Point, Level) {}
};
constexpr abi::FunctionShape plotter_functions[] = {
    abi::function<&Plotter::plot>("plot", "at, level")};
constexpr host::InterfaceShape plotter{"test:plot/plotter", plotter_functions, {}};

Component imports_plotter(std::string_view point, std::string_view level) {
  return imports(fmt::format(R"((import "test:plot/plotter" (instance
    (type $p {}) (export "point" (type $point (eq $p)))
    (type $l {}) (export "level" (type $level (eq $l)))
    (export "plot" (func (param "at" $point) (param "level" $level))))))",
                             point, level));
}

TEST(LinkingNames, FieldsAndCasesAreComparedByName) {
  Plotter host;
  Linker<> linker(engine());
  must(linker.add(plotter, host::serve_with(host)));
  const std::string_view point = R"((record (field "x" u32) (field "y" u32)))";
  const std::string_view level = R"((enum "low" "high"))";

  EXPECT_THAT(linker.prepare(imports_plotter(point, level)), Succeeds());

  EXPECT_THAT(linker.prepare(imports_plotter(R"((record (field "x" u32) (field "z" u32)))", level)),
              Fails(ErrorCode::not_linkable, "record { x: u32, z: u32 }"));
  EXPECT_THAT(linker.prepare(imports_plotter(R"((record (field "y" u32) (field "x" u32)))", level)),
              Fails(ErrorCode::not_linkable, "record { y: u32, x: u32 }"));
  EXPECT_THAT(linker.prepare(imports_plotter(point, R"((enum "high" "low"))")),
              Fails(ErrorCode::not_linkable, "enum { high, low }"));
  EXPECT_THAT(linker.prepare(imports_plotter(point, R"((enum "low" "high" "higher"))")),
              Fails(ErrorCode::not_linkable, "enum { low, high, higher }"));
}

TEST_F(Linking, AnInterfaceOfTypesAloneNeedsNoHost) {
  const Component component = imports(R"((import "test:plot/types@1.0.0" (instance
    (type $p (record (field "x" u32))) (export "point" (type (eq $p))))))");

  const auto prepared = linker.prepare(component);

  ASSERT_THAT(prepared, Succeeds());
  Store<> store;
  EXPECT_THAT(prepared->instantiate(store), Succeeds());
}

TEST_F(Linking, RegisteringAnInterfaceAgainReplacesIt) {
  class Other {
   public:
    u32 add(u32 a, u32 b) { return a * b; }
  } other;
  static constexpr abi::FunctionShape functions[] = {abi::function<&Other::add>("add", "a, b")};
  provide("test:calc/adder@0.1.0");
  must(linker.add({"test:calc/adder@0.1.0", functions, {}}, host::serve_with(other)));

  const Guest<> guest(linker, load(uses_adder("test:calc/adder@0.1.0")));

  EXPECT_THAT((guest.call<"sum(a, b)", u32(u32, u32)>(6, 7)), Gives(42u));
}

// ---------------------------------------------------------------------------------------- versions

TEST_F(Linking, CompatibleVersionsLinkBothWays) {
  for (const auto& [guest_version, host_version] :
       std::initializer_list<std::pair<const char*, const char*>>{
           {"0.2.1", "0.2.6"}, {"0.2.6", "0.2.1"}, {"1.0.0", "1.4.2"}, {"2.3.4", "2.0.0"}}) {
    const std::string host_id = fmt::format("test:calc/adder@{}", host_version);
    Linker<> own(engine());
    must(own.add(adder(host_id), host::serve_with(host)));

    EXPECT_THAT(own.prepare(load(uses_adder(fmt::format("test:calc/adder@{}", guest_version)))),
                Succeeds())
        << guest_version << " by " << host_version;
  }
}

TEST_F(Linking, IncompatibleVersionsAndPreReleasesDoNotLink) {
  for (const auto& [guest_version, host_version] :
       std::initializer_list<std::pair<const char*, const char*>>{
           {"0.1.0", "0.2.0"},
           {"0.0.1", "0.0.2"},
           {"1.0.0", "2.0.0"},
           {"0.2.0", "0.2.0-draft"},
           {"0.2.0-draft", "0.2.0"},
           {"0.2.0-draft", "0.2.0-draft2"}}) {
    const std::string host_id = fmt::format("test:calc/adder@{}", host_version);
    Linker<> own(engine());
    must(own.add(adder(host_id), host::serve_with(host)));

    EXPECT_THAT(own.prepare(load(uses_adder(fmt::format("test:calc/adder@{}", guest_version)))),
                Fails(ErrorCode::not_linkable, "another version of it: " + host_id))
        << guest_version << " by " << host_version;
  }
}

TEST_F(Linking, TheExactVersionWinsOverACompatibleOne) {
  class Other {
   public:
    u32 add(u32, u32) { return 0; }
  } other;
  static constexpr abi::FunctionShape functions[] = {abi::function<&Other::add>("add", "a, b")};
  must(linker.add({"test:calc/adder@0.2.0", functions, {}}, host::serve_with(other)));
  provide("test:calc/adder@0.2.1");
  must(linker.add({"test:calc/adder@0.2.2", functions, {}}, host::serve_with(other)));

  const Guest<> guest(linker, load(uses_adder("test:calc/adder@0.2.1")));

  EXPECT_THAT((guest.call<"sum(a, b)", u32(u32, u32)>(20, 22)), Gives(42u));
}

TEST_F(Linking, TwoVersionsOfOneInterfaceAreServedSeparately) {
  class Version2 {
   public:
    u32 add(u32 a, u32 b) { return 100 * (a + b); }
  } version2;
  static constexpr abi::FunctionShape functions[] = {abi::function<&Version2::add>("add", "a, b")};
  provide("test:calc/adder@1.0.0");
  must(linker.add({"test:calc/adder@2.0.0", functions, {}}, host::serve_with(version2)));

  const Guest<> guest(linker, load(R"((component
    (import "test:calc/adder@1.0.0" (instance $old (export "add" (func (param "a" u32)
      (param "b" u32) (result u32)))))
    (import "test:calc/adder@2.0.0" (instance $new (export "add" (func (param "a" u32)
      (param "b" u32) (result u32)))))
    (core func $old-add (canon lower (func $old "add")))
    (core func $new-add (canon lower (func $new "add")))
    (core module $main
      (import "calc" "old" (func $old (param i32 i32) (result i32)))
      (import "calc" "new" (func $new (param i32 i32) (result i32)))
      (func (export "sum") (param i32 i32) (result i32)
        (i32.add (call $old (local.get 0) (local.get 1)) (call $new (local.get 0) (local.get 1)))))
    (core instance $main (instantiate $main (with "calc" (instance
      (export "old" (func $old-add)) (export "new" (func $new-add))))))
    (func (export "sum") (param "a" u32) (param "b" u32) (result u32) (canon lift
      (core func $main "sum")))))"));

  EXPECT_THAT((guest.call<"sum(a, b)", u32(u32, u32)>(1, 2)), Gives(303u));
}

// ----------------------------------------------------------------------------------------- exports

constexpr std::string_view exports_answer = R"((component
  (core module $main (func (export "answer") (result i32) (i32.const 42)))
  (core instance $main (instantiate $main))
  (func $answer (result u32) (canon lift (core func $main "answer")))
  (export "answer" (func $answer))
  (instance $inner (export "answer" (func $answer)))
  (export "test:answers/deep@0.2.3" (instance $inner))))";

TEST_F(Linking, ExportsAreFoundAtBothLevelsAndByCompatibleVersion) {
  const Guest<> guest(linker, load(exports_answer));

  EXPECT_THAT((guest.call<"answer", u32()>()), Gives(42u));
  EXPECT_THAT((guest.call<"test:answers/deep@0.2.3#answer", u32()>()), Gives(42u));
  EXPECT_THAT((guest.call<"test:answers/deep@0.2.9#answer", u32()>()), Gives(42u));
}

TEST_F(Linking, MissingExportIsNamed) {
  const Guest<> guest(linker, load(exports_answer));

  EXPECT_THAT((guest.call<"question", u32()>()),
              FailsWith(ErrorCode::not_linkable,
                        "'guest' is no test: the component does not export question"));
  EXPECT_THAT((guest.call<"test:answers/deep@0.3.0#answer", u32()>()),
              Fails(ErrorCode::not_linkable,
                    "the component does not export test:answers/deep@0.3.0#answer"));
  EXPECT_THAT((guest.call<"answer", u32()>()), Gives(42u));
}

TEST_F(Linking, WrongExportTypeShowsBothSignatures) {
  const Guest<> guest(linker, load(exports_answer));

  EXPECT_THAT(
      (guest.call<"answer", u64()>()),
      FailsWith(
          ErrorCode::not_linkable,
          "'guest' is no test: the export answer has another type in the component than in the "
          "host:\n"
          "  component: func() -> u32\n"
          "                       ^^^\n"
          "  host:      func() -> u64\n"
          "                       ^^^"));
  EXPECT_THAT((guest.call<"answer(n)", u32(u32)>(1u)),
              Fails(ErrorCode::not_linkable, "has another type"));
}

TEST_F(Linking, AllMissingExportsOfAWorldAreReportedAtOnce) {
  static constexpr host::ExportShape shapes[] = {
      host::export_function<u32()>("", "answer"),
      host::export_function<void()>("", "first"),
      host::export_function<void()>("test:answers/deep@0.2.3", "second"),
  };
  Guest<> guest(linker, load(exports_answer));

  const auto bound = guest.instance.bind({"test:answers/world", shapes});

  EXPECT_THAT(bound, Fails(ErrorCode::not_linkable, "'guest' is no test:answers/world"));
  EXPECT_THAT(bound, Fails(ErrorCode::not_linkable, "does not export first"));
  EXPECT_THAT(bound,
              Fails(ErrorCode::not_linkable, "does not export test:answers/deep@0.2.3#second"));
}

}  // namespace
}  // namespace capstan::seam
