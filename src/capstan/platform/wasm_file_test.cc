#include <capstan/platform/wasm_file.h>

#include <gtest/gtest.h>

namespace capstan::platform {
namespace {

using namespace std::literals;

FileBytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
FileKind kind(std::string_view text) { return file_kind(bytes(text)); }

constexpr std::string_view module_header = "\0asm\1\0\0\0"sv;
constexpr std::string_view component_header = "\0asm\x0d\0\1\0"sv;

std::string join(std::string_view a, std::string_view b) { return std::string(a) + std::string(b); }

TEST(WasmFile, TellsWebAssemblyApart) {
  EXPECT_EQ(kind(component_header), FileKind::component);
  EXPECT_EQ(kind(module_header), FileKind::module);
  EXPECT_EQ(kind("\0asm\x07\0\0\0"sv), FileKind::other_wasm);
  // An empty type section and an empty export section.
  EXPECT_EQ(kind(join(component_header, "\x07\x01\0\x0b\x01\0"sv)), FileKind::wit_package);
  // The same with a core module.
  EXPECT_EQ(kind(join(component_header, "\x01\x08\0asm\1\0\0\0\x0b\x01\0"sv)), FileKind::component);
}

TEST(WasmFile, NoticesWhatIsCutOff) {
  EXPECT_EQ(kind("\0as"sv), FileKind::truncated);
  EXPECT_EQ(kind("\0asm\1\0"sv), FileKind::truncated);
  EXPECT_EQ(kind(join(module_header, "\x01\x05\0"sv)), FileKind::truncated);
  EXPECT_EQ(kind(join(component_header, "\x07"sv)), FileKind::truncated);
  EXPECT_EQ(kind(join(component_header, "\x07\xff\xff\xff\xff\xff\xff"sv)), FileKind::truncated);
}

TEST(WasmFile, TellsTextsApart) {
  EXPECT_EQ(kind("(component)"), FileKind::wat);
  EXPECT_EQ(kind("\xef\xbb\xbf  ;; text\n (; more ;) (module)"), FileKind::wat);
  EXPECT_EQ(kind("/// docs\npackage a:b;"), FileKind::wit);
  EXPECT_EQ(kind("/* docs */ world w {}"), FileKind::wit);
  EXPECT_EQ(kind("#!/bin/sh\n"), FileKind::script);
  EXPECT_EQ(kind("<!doctype html>"), FileKind::html);
  EXPECT_EQ(kind(";; nothing else"), FileKind::unknown);
  EXPECT_EQ(kind("(; no end"), FileKind::unknown);
  EXPECT_EQ(kind("hello"), FileKind::unknown);
}

TEST(WasmFile, TellsOtherFilesApart) {
  EXPECT_EQ(kind(""), FileKind::empty);
  EXPECT_EQ(kind("\x7f"
                 "ELF\2\1\1\0"sv),
            FileKind::elf);
  EXPECT_EQ(kind("\x7f"
                 "ELF"sv),
            FileKind::elf);
  EXPECT_EQ(kind("\x7f"
                 "ELF\2\1\1\xc8"sv),
            FileKind::precompiled);
  EXPECT_EQ(kind("PK\3\4"), FileKind::archive);
  EXPECT_EQ(kind("\x1f\x8b\x08"), FileKind::archive);
}

TEST(WasmFile, ReadsTheNamesAModuleExports) {
  const std::string module = join(module_header, "\x07\x0e\x02\x06_start\0\0\1m\2\0"sv);

  EXPECT_EQ(module_exports(bytes(module)), (std::vector<std::string>{"_start", "m"}));
}

TEST(WasmFile, NoticesTheWorldInAModule) {
  EXPECT_TRUE(embeds_world(bytes(join(module_header,
                                      "\0\x11\x10"
                                      "component-type:a"sv))));
  EXPECT_FALSE(embeds_world(bytes(join(module_header, "\0\x05\x04name"sv))));
  EXPECT_FALSE(embeds_world(bytes(module_header)));
  EXPECT_FALSE(embeds_world(bytes("x")));
}

TEST(WasmFile, RenamesOneImportAndNothingElse) {
  // (import "env" "f" (func)) (import "env" "m" (memory 1)) (import "w" "t" (table 1 funcref))
  const std::string module = join(module_header,
                                  "\x02\x1a\x03\x03"
                                  "env\1f\0\0\x03"
                                  "env\1m\2\0\1\1w\1t\1\x70\0\1\x0a\1\0"sv);
  const std::string expected = join(module_header,
                                    "\x02\x1f\x03\x03"
                                    "env\1f\0\0\x03"
                                    "new\6memory\2\0\1\1w\1t\1\x70\0\1\x0a\1\0"sv);

  const auto renamed = rename_import(bytes(module), {"env", "m"}, {"new", "memory"});

  EXPECT_EQ(std::string(renamed.begin(), renamed.end()), expected);
  EXPECT_TRUE(rename_import(bytes(module), {"env", "g"}, {"a", "b"}).empty());
  EXPECT_TRUE(rename_import(bytes(module_header), {"env", "g"}, {"a", "b"}).empty());
}

TEST(WasmFile, LeavesImportsItDoesNotUnderstand) {
  const std::string unknown_kind = join(module_header, "\x02\x07\x01\1a\1b\x09\0"sv);
  const std::string cut = join(module_header, "\x02\x05\x01\1a\x09z"sv);

  EXPECT_TRUE(rename_import(bytes(unknown_kind), {"a", "b"}, {"c", "d"}).empty());
  EXPECT_TRUE(rename_import(bytes(cut), {"a", "b"}, {"c", "d"}).empty());
}

TEST(WasmFile, ReadsWhatItCanOfDamagedNames) {
  const std::string cut = join(module_header, "\x07\x05\x02\x09_st"sv);

  EXPECT_TRUE(module_exports(bytes(cut)).empty());
  EXPECT_TRUE(module_exports(bytes("x")).empty());
}

}  // namespace
}  // namespace capstan::platform
