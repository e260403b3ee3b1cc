// Hostile guests: values that break the canonical ABI on their way into the host.
//
// The guest hands its raw words to the host function unchanged, and can write any byte into its
// memory. Whatever it does, the host function is not called, that guest is finished, and another
// instance lives on.
#include "seam.h"

#include <fmt/format.h>

#include <expected>
#include <functional>
#include <optional>

namespace capstan::seam {
namespace {

enum class Level : u8 { low, high };
constexpr auto describe(const Level*) { return abi::enumeration("low", "high"); }

enum class RightsFlag : u8 { read, write, run };
constexpr auto describe(const RightsFlag*) { return abi::enumeration("read", "write", "run"); }

enum class ShapeCase : u8 { dot, circle, label };
class Shape : public Variant<ShapeCase, std::monostate, u32, std::string> {};
constexpr auto describe(const Shape*) { return abi::variant("dot", "circle", "label"); }

using Seventeen = std::array<u32, 17>;

class Probe {
 public:
  void text(std::string_view value) { see(std::string(value)); }
  void bytes(std::span<const u8> value) { see(fmt::format("{} bytes", value.size())); }
  void words(std::span<const u32> value) { see(fmt::format("{} words", value.size())); }
  void texts(std::vector<std::string> value) { see(fmt::format("{} texts", value.size())); }
  void levels(std::vector<Level> value) { see(fmt::format("{} levels", value.size())); }
  void options(std::vector<std::optional<u8>> value) {
    see(fmt::format("{} options", value.size()));
  }
  void letter(char32_t value) { see(fmt::format("{:x}", static_cast<u32>(value))); }
  void level(Level value) { see(value == Level::low ? "low" : "high"); }
  void rights(Flags<RightsFlag> value) { see(fmt::format("{:x}", value.bits())); }
  void truth(bool value) { see(value ? "true" : "false"); }
  void shape(Shape value) { see(fmt::format("case {}", static_cast<int>(value.which()))); }
  void maybe(std::optional<u32> value) { see(value ? "some" : "none"); }
  void outcome(std::expected<u32, std::string> value) { see(value ? "ok" : "error"); }
  void many(Seventeen value, u32 last) { see(fmt::format("{} and {}", value[16], last)); }
  std::string give() { return "given"; }

  std::vector<std::string> seen;

 private:
  void see(std::string what) { seen.push_back(std::move(what)); }
};

constexpr abi::FunctionShape probe_functions[] = {
    abi::function<&Probe::text>("text", "value"),
    abi::function<&Probe::bytes>("bytes", "value"),
    abi::function<&Probe::words>("words", "value"),
    abi::function<&Probe::texts>("texts", "value"),
    abi::function<&Probe::levels>("levels", "value"),
    abi::function<&Probe::options>("options", "value"),
    abi::function<&Probe::letter>("letter", "value"),
    abi::function<&Probe::level>("level", "value"),
    abi::function<&Probe::rights>("rights", "value"),
    abi::function<&Probe::truth>("truth", "value"),
    abi::function<&Probe::shape>("shape", "value"),
    abi::function<&Probe::maybe>("maybe", "value"),
    abi::function<&Probe::outcome>("outcome", "value"),
    abi::function<&Probe::many>("many", "value, last"),
    abi::function<&Probe::give>("give"),
};
constexpr host::InterfaceShape probe{"test:probe/host", probe_functions, {}};

// One import `name` of type `type`, and an export "send" whose parameters are the import's core
// words.
std::string passes_on(std::string_view name, std::string_view type, int words,
                      std::string_view encoding = "utf8") {
  std::string core_parameters;
  std::string parameters;
  for (int i = 0; i < words; ++i) {
    core_parameters += " i32";
    parameters += fmt::format(" (param \"p{}\" u32)", i);
  }
  return with_libc(fmt::format(R"(
    (import "test:probe/host" (instance $host
      (type $level-type (enum "low" "high")) (export "level-type" (type $level (eq $level-type)))
      (type $rights-type (flags "read" "write" "run")) (export "rights-type" (type $rights
        (eq $rights-type)))
      (type $shape-type (variant (case "dot") (case "circle" u32) (case "label" string)))
      (export "shape-type" (type $shape (eq $shape-type)))
      (export "{0}" (func {1}))))
    (core func $send (canon lower (func $host "{0}") (memory $memory)
      (realloc $realloc) string-encoding={4}))
    (core module $main
      (import "libc" "memory" (memory 1))
      (import "host" "send" (func $send (param{2})))
      (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
      (func (export "ping") (result i32) (i32.const 42))
      (export "send" (func $send)))
    (core instance $main (instantiate $main (with "libc" (instance $libc))
      (with "host" (instance (export "send" (func $send))))))
    (func (export "poke") (param "at" u32) (param "byte" u32) (canon lift (core func $main "poke")))
    (func (export "ping") (result u32) (canon lift (core func $main "ping")))
    (func (export "send"){3} (canon lift (core func $main "send"))))",
                               name, type, core_parameters, parameters, encoding));
}

// Bytes to write before the call.
struct Poke {
  u32 at;
  std::string_view bytes;
};

class Attacker {
 public:
  Attacker(std::string_view kind, std::string_view text, Where where = Where::current())
      : linker_(engine_of_kind(kind)) {
    must(linker_.add(probe, host::serve_with(host)));
    prepared_.emplace(must(linker_.prepare(load(linker_, text, where)), where));
    witness_.emplace(*prepared_, StoreOptions{}, where);
  }

  // The call has to trap with this message, and nothing else may happen.
  template <typename... Words>
  void expect_trap(std::string_view message, std::vector<Poke> pokes, Words... words) {
    const Guest<> victim(*prepared_);
    const std::size_t seen = host.seen.size();

    const auto sent = send(victim, pokes, words...);

    EXPECT_THAT(sent, Fails(ErrorCode::trap, std::string(message)));
    EXPECT_EQ(host.seen.size(), seen) << "the host function was called";
    EXPECT_THAT((victim.call<"ping", u32()>()), Fails(ErrorCode::trap, "finished"));
    EXPECT_THAT((witness_->call<"ping", u32()>()), Gives(42u));
  }

  // The call has to work, and show this to the host.
  template <typename... Words>
  void expect_seen(std::string_view what, std::vector<Poke> pokes, Words... words) {
    const Guest<> guest(*prepared_);
    host.seen.clear();

    EXPECT_THAT(send(guest, pokes, words...), Succeeds());

    EXPECT_THAT(host.seen, testing::ElementsAre(std::string(what)));
  }

  Probe host;

 private:
  template <typename... Words>
  static Result<void> send(const Guest<>& guest, const std::vector<Poke>& pokes, Words... words) {
    for (const Poke& poke : pokes)
      for (u32 i = 0; i < poke.bytes.size(); ++i)
        must(guest.call<"poke(at, byte)", void(u32, u32)>(poke.at + i,
                                                          static_cast<u8>(poke.bytes[i])));
    if constexpr (sizeof...(words) == 1) return guest.call<"send(p0)", void(u32)>(words...);
    if constexpr (sizeof...(words) == 2)
      return guest.call<"send(p0, p1)", void(u32, u32)>(words...);
    if constexpr (sizeof...(words) == 3)
      return guest.call<"send(p0, p1, p2)", void(u32, u32, u32)>(words...);
  }

  Linker<> linker_;
  std::optional<PreparedComponent<>> prepared_;
  std::optional<Guest<>> witness_;
};

constexpr u32 page = 65536;

using namespace std::string_view_literals;

class HostileValues : public testing::TestWithParam<const char*> {};

// ---------------------------------------------------------------------------------------- pointers

TEST_P(HostileValues, TextOutsideOfMemory) {
  Attacker guest(GetParam(), passes_on("text", "(param \"value\" string)", 2));

  guest.expect_seen("", {}, page, 0u);
  guest.expect_seen("end", {{page - 3, "end"}}, page - 3, 3u);

  guest.expect_trap("pointer out of bounds: 8 bytes at 0xfffc, memory has 65536 bytes", {},
                    page - 4, 8u);
  guest.expect_trap("pointer out of bounds", {}, page, 1u);
  guest.expect_trap("pointer out of bounds", {}, page + 1, 0u);
  guest.expect_trap("pointer out of bounds", {}, 0xffff'ffffu, 1u);
  guest.expect_trap("pointer out of bounds", {}, 0xffff'fff0u, 0x20u);
  guest.expect_trap("pointer out of bounds", {}, 0u, 0xffff'ffffu);
  guest.expect_trap("pointer out of bounds", {}, 0xffff'ffffu, 0xffff'ffffu);
}

TEST_P(HostileValues, BytesOutsideOfMemory) {
  Attacker guest(GetParam(), passes_on("bytes", "(param \"value\" (list u8))", 2));

  guest.expect_seen("65536 bytes", {}, 0u, page);
  guest.expect_seen("0 bytes", {}, page, 0u);

  guest.expect_trap("pointer out of bounds", {}, 1u, page);
  guest.expect_trap("pointer out of bounds", {}, 0u, 0x8000'0000u);
  guest.expect_trap("pointer out of bounds", {}, 0x8000'0000u, 0x8000'0000u);
}

TEST_P(HostileValues, ListsOfNumbersAreAlignedAndDoNotWrap) {
  Attacker guest(GetParam(), passes_on("words", "(param \"value\" (list u32))", 2));

  guest.expect_seen("2 words", {}, 4u, 2u);

  guest.expect_trap("list pointer 0x2 is not aligned to 4 bytes", {}, 2u, 1u);
  guest.expect_trap("list pointer 0x1 is not aligned to 4 bytes", {}, 1u, 0u);
  guest.expect_trap("pointer out of bounds", {}, 0u, 0x8000'0000u);
  // 2^30 elements of 4 bytes are 0 bytes to who computes with 32 bits.
  guest.expect_trap("pointer out of bounds", {}, 0u, 0x4000'0000u);
  guest.expect_trap("pointer out of bounds", {}, 4u, 0x3fff'ffffu);
  guest.expect_trap("pointer out of bounds", {}, 0u, 0xffff'ffffu);
}

TEST_P(HostileValues, PointersInsideOfListsAreChecked) {
  Attacker guest(GetParam(), passes_on("texts", "(param \"value\" (list string))", 2));

  // Two texts: (256, 2), then a second one at 24.
  const std::string_view first = "\x00\x01\x00\x00\x02\x00\x00\x00"sv;
  guest.expect_seen("2 texts", {{16, first}, {24, first}, {256, "ok"}}, 16u, 2u);

  guest.expect_trap("pointer out of bounds",
                    {{16, first}, {24, "\xff\xff\xff\xff\x02\x00\x00\x00"sv}}, 16u, 2u);
  guest.expect_trap("pointer out of bounds",
                    {{16, first}, {24, "\x00\x00\x00\x00\xff\xff\xff\xff"sv}}, 16u, 2u);
  guest.expect_trap("invalid utf-8", {{16, first}, {256, "\xff\xff"}}, 16u, 1u);
  guest.expect_trap("pointer out of bounds", {}, 16u, 0x2000'0000u);
  guest.expect_trap("list pointer 0x12 is not aligned to 4 bytes", {}, 18u, 1u);
}

TEST_P(HostileValues, ParametersThroughMemoryAreCheckedAsAWhole) {
  Attacker guest(GetParam(),
                 passes_on("many", "(param \"value\" (list u32 17)) (param \"last\" u32)", 1));
  constexpr u32 bytes = 18 * 4;

  guest.expect_seen("7 and 9", {{page - 8, "\x07"}, {page - 4, "\x09"}}, page - bytes);

  guest.expect_trap("out of bounds", {}, page - bytes + 4);
  guest.expect_trap("out of bounds", {}, page);
  guest.expect_trap("out of bounds", {}, 0xffff'fffcu);
  guest.expect_trap("not aligned", {}, 2u);
  guest.expect_trap("not aligned", {}, 0xffff'ffffu);
}

TEST_P(HostileValues, ResultPointersOfImportsAreChecked) {
  Attacker guest(GetParam(), passes_on("give", "(result string)", 1));

  guest.expect_trap("not aligned", {}, 3u);
  guest.expect_trap("out of bounds", {}, page - 4);
  guest.expect_trap("out of bounds", {}, 0xffff'fffcu);
}

// -------------------------------------------------------------------------------------------- text

TEST_P(HostileValues, InvalidUtf8) {
  Attacker guest(GetParam(), passes_on("text", "(param \"value\" string)", 2));
  const auto text = [](std::string_view bytes) { return std::vector<Poke>{{16, bytes}}; };

  guest.expect_seen("h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                    text("h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 16u, 10u);

  guest.expect_trap("invalid utf-8 in a string of 3 bytes: bad sequence at byte 2", text("ab\xff"),
                    16u, 3u);
  guest.expect_trap("invalid utf-8", text("\xc0\x80"), 16u, 2u);          // overlong
  guest.expect_trap("invalid utf-8", text("\xe0\x80\x80"), 16u, 3u);      // overlong
  guest.expect_trap("invalid utf-8", text("\xed\xa0\x80"), 16u, 3u);      // a surrogate
  guest.expect_trap("invalid utf-8", text("\xf4\x90\x80\x80"), 16u, 4u);  // above U+10FFFF
  guest.expect_trap("invalid utf-8", text("\xe2\x82\xac"), 16u, 2u);      // cut short
  guest.expect_trap("invalid utf-8", text("\x80"), 16u, 1u);              // a lone continuation
}

TEST_P(HostileValues, InvalidUtf16) {
  Attacker guest(GetParam(), passes_on("text", "(param \"value\" string)", 2, "utf16"));
  const auto text = [](std::string_view bytes) { return std::vector<Poke>{{16, bytes}}; };

  guest.expect_seen("a\xf0\x9f\x98\x80", text("a\x00\x3d\xd8\x00\xde"sv), 16u, 3u);

  guest.expect_trap("invalid utf-16 in a string: lone surrogate at unit 1", text("a\x00\x3d\xd8"sv),
                    16u, 2u);
  guest.expect_trap("lone surrogate at unit 0", text("\x00\xde"sv), 16u, 1u);
  guest.expect_trap("lone surrogate at unit 0", text("\x3d\xd8\x3d\xd8"sv), 16u, 2u);
  guest.expect_trap("string pointer 0x11 is not aligned to 2 bytes", {}, 17u, 1u);
  guest.expect_trap("pointer out of bounds", {}, page - 2, 2u);
  guest.expect_trap("pointer out of bounds", {}, 0u, 0x8000'0000u);
  guest.expect_trap("pointer out of bounds", {}, 0u, 0xffff'ffffu);
}

TEST_P(HostileValues, InvalidLatin1OrUtf16) {
  Attacker guest(GetParam(), passes_on("text", "(param \"value\" string)", 2, "latin1+utf16"));
  constexpr u32 utf16 = 0x8000'0000u;
  const auto text = [](std::string_view bytes) { return std::vector<Poke>{{16, bytes}}; };

  guest.expect_seen("h\xc3\xa9", text("h\xe9"), 16u, 2u);
  guest.expect_seen("\xe2\x82\xac", text("\xac\x20"), 16u, 1u | utf16);

  guest.expect_trap("lone surrogate at unit 0", text("\x00\xd8"sv), 16u, 1u | utf16);
  guest.expect_trap("not aligned to 2 bytes", {}, 17u, 1u);
  guest.expect_trap("not aligned to 2 bytes", {}, 17u, 1u | utf16);
  guest.expect_trap("pointer out of bounds", {}, page - 2, 2u | utf16);
  guest.expect_trap("pointer out of bounds", {}, 0u, 0x7fff'ffffu);
  guest.expect_trap("pointer out of bounds", {}, 0u, 0xffff'ffffu);
}

// ------------------------------------------------------------------- chars, enums, variants, flags

TEST_P(HostileValues, NumbersThatAreNoChar) {
  Attacker guest(GetParam(), passes_on("letter", "(param \"value\" char)", 1));

  guest.expect_seen("d7ff", {}, 0xd7ffu);
  guest.expect_seen("e000", {}, 0xe000u);
  guest.expect_seen("10ffff", {}, 0x10ffffu);

  guest.expect_trap("integer 0xd800 is not a valid char", {}, 0xd800u);
  guest.expect_trap("integer 0xdfff is not a valid char", {}, 0xdfffu);
  guest.expect_trap("integer 0x110000 is not a valid char", {}, 0x110000u);
  guest.expect_trap("integer 0xffffffff is not a valid char", {}, 0xffff'ffffu);
}

TEST_P(HostileValues, DiscriminantsThatNameNoCase) {
  Attacker level(GetParam(), passes_on("level", "(param \"value\" $level)", 1));
  level.expect_seen("high", {}, 1u);
  level.expect_trap("unexpected discriminant: 2, the type has 2 cases", {}, 2u);
  // The low byte alone would be a case.
  level.expect_trap("unexpected discriminant: 256, the type has 2 cases", {}, 256u);

  Attacker maybe(GetParam(), passes_on("maybe", "(param \"value\" (option u32))", 2));
  maybe.expect_seen("some", {}, 1u, 0u);
  maybe.expect_trap("unexpected discriminant: 2", {}, 2u, 0u);

  Attacker outcome(GetParam(),
                   passes_on("outcome", "(param \"value\" (result u32 (error string)))", 3));
  outcome.expect_seen("error", {}, 1u, 16u, 0u);
  outcome.expect_trap("unexpected discriminant: 4294967295", {}, 0xffff'ffffu, 0u, 0u);
  outcome.expect_trap("pointer out of bounds", {}, 1u, page, 1u);

  Attacker shape(GetParam(), passes_on("shape", "(param \"value\" $shape)", 3));
  shape.expect_seen("case 2", {}, 2u, 16u, 0u);
  shape.expect_trap("unexpected discriminant: 3, the type has 3 cases", {}, 3u, 0u, 0u);
  shape.expect_trap("pointer out of bounds", {}, 2u, 16u, page);
}

TEST_P(HostileValues, DiscriminantsInMemory) {
  Attacker levels(GetParam(), passes_on("levels", "(param \"value\" (list $level))", 2));
  levels.expect_seen("2 levels", {{16, "\x01"}}, 16u, 2u);
  levels.expect_trap("unexpected discriminant: 255, the type has 2 cases", {{18, "\xff"}}, 16u, 3u);

  Attacker options(GetParam(), passes_on("options", "(param \"value\" (list (option u8)))", 2));
  options.expect_seen("2 options", {{16, "\x01\x07\x00\xff"sv}}, 16u, 2u);
  options.expect_trap("unexpected discriminant: 7", {{16, "\x01\x07\x07\x00"sv}}, 16u, 2u);
}

TEST_P(HostileValues, StrayBitsOfBoolsAndFlagsAreNoError) {
  Attacker truth(GetParam(), passes_on("truth", "(param \"value\" bool)", 1));
  truth.expect_seen("true", {}, 0x100u);
  truth.expect_seen("false", {}, 0u);

  Attacker rights(GetParam(), passes_on("rights", "(param \"value\" $rights)", 1));
  rights.expect_seen("5", {}, 0xffff'fffdu);
}

INSTANTIATE_TEST_SUITE_P(Engines, HostileValues, testing::ValuesIn(engine_kinds),
                         called_by_its_name);

}  // namespace
}  // namespace capstan::seam
