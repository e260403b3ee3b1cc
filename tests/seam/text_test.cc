// Text in all three encodings a guest can choose, into the host and back.
#include "seam.h"

#include <optional>
#include <string>

namespace capstan::seam {
namespace {

class Mirror {
 public:
  std::string show(std::string_view text) {
    seen.emplace_back(text);
    return std::string(text);
  }
  std::vector<std::string> show_all(std::vector<std::string> texts) { return texts; }
  std::vector<std::string> seen;
};

constexpr abi::FunctionShape mirror_functions[] = {
    abi::function<&Mirror::show>("show", "text"),
    abi::function<&Mirror::show_all>("show-all", "texts"),
};
constexpr host::InterfaceShape mirror{"test:text/mirror", mirror_functions, {}};

// `echo` gives a text back as it came; `mirror` shows it to the host on the way.

std::vector<std::string> all_kinds_of_text() {
  std::vector<std::string> texts = {
      "",
      "plain",
      std::string("nul \0 inside", 12),
      "caf\xc3\xa9",                           // latin-1
      "\xc2\x80\xc3\xbf",                      // its last block
      "\xc4\x80",                              // the first beyond it
      "\xe2\x82\xac 5",                        // the euro sign
      "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",  // around the surrogates, and the last of the plane
      "\xf0\x90\x80\x80 \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf",  // pairs in UTF-16
  };
  // Long ones, with the odd character at every place of a block.
  for (const std::size_t at : {0u, 1u, 31u, 32u, 33u, 63u, 64u, 1000u}) {
    std::string text(1001, 'x');
    texts.push_back(std::string(text).insert(at, "\xc3\xa9"));
    texts.push_back(std::string(text).insert(at, "\xf0\x9f\x98\x80"));
  }
  return texts;
}

class TextIn : public testing::TestWithParam<const char*> {
 protected:
  TextIn() {
    must(linker.add(mirror, host::serve_with(host)));
    guest.emplace(linker, load(replace(wat("mirror"), "ENCODING", GetParam())));
  }

  Mirror host;
  Linker<> linker{engine()};
  std::optional<Guest<>> guest;
};

TEST_P(TextIn, ComesThroughAGuestUnchanged) {
  for (const std::string& text : all_kinds_of_text()) {
    EXPECT_THAT((guest->call<"echo(text)", std::string(std::string_view)>(text)), Gives(text));
  }
}

TEST_P(TextIn, ReachesTheHostUnchanged) {
  for (const std::string& text : all_kinds_of_text()) {
    host.seen.clear();
    EXPECT_THAT((guest->call<"mirror(text)", std::string(std::string_view)>(text)), Gives(text));
    EXPECT_THAT(host.seen, testing::ElementsAre(text));
  }
}

TEST_P(TextIn, WorksInsideOfLists) {
  const std::vector<std::string> texts = all_kinds_of_text();

  EXPECT_THAT(
      (guest->call<"mirror-all(texts)", std::vector<std::string>(std::vector<std::string>)>(texts)),
      Gives(texts));
}

INSTANTIATE_TEST_SUITE_P(Encodings, TextIn, testing::Values("utf8", "utf16", "latin1+utf16"),
                         [](const auto& encoding) {
                           return std::string(encoding.param) == "latin1+utf16" ? "latin1"
                                                                                : encoding.param;
                         });

TEST(TextLengths, AreCountedInUnitsOfTheEncoding) {
  Mirror host;
  Linker<> linker(engine());
  must(linker.add(mirror, host::serve_with(host)));
  const auto units = [&linker](std::string_view encoding, std::string_view text) {
    const Guest<> guest(linker, load(replace(wat("mirror"), "ENCODING", encoding)));
    return guest.call<"units(text)", u32(std::string_view)>(text);
  };
  constexpr u32 utf16 = 0x8000'0000u;

  EXPECT_THAT(units("utf8", "\xc3\xa9\xf0\x9f\x98\x80"), Gives(6u));
  EXPECT_THAT(units("utf16", "\xc3\xa9\xf0\x9f\x98\x80"), Gives(3u));
  EXPECT_THAT(units("latin1+utf16", "caf\xc3\xa9"), Gives(4u));
  EXPECT_THAT(units("latin1+utf16", "\xc3\xa9\xf0\x9f\x98\x80"), Gives(3u | utf16));
}

}  // namespace
}  // namespace capstan::seam
