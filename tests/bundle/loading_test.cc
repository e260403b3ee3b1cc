// What is said when a bundle is not right, and who may load which.
#include <capstan/bundle/bundle.h>
#include <capstan/bundle/trust.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace capstan::bundle {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// A folder of its own for each test, removed in the end.
class Loading : public testing::Test {
 protected:
  Loading() {
    std::string pattern = (fs::temp_directory_path() / "capstan-bundle-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  ~Loading() override {
    fs::permissions(folder, fs::perms::owner_all);
    fs::remove_all(folder);
  }
  void write(const fs::path& path, std::string_view text) const {
    fs::create_directories((folder / path).parent_path());
    std::ofstream(folder / path) << text;
  }
  // A copy of an example, to be spoilt.
  void copy(const char* bundle) const {
    fs::copy(bundle, folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  std::string error(OpenOptions options = {}) const {
    auto opened = Bundle::open(folder, std::move(options));
    return opened ? "" : opened.error().message();
  }
  std::string hosts_error() const {
    auto opened = open_hosts(folder / "hosts.toml", false);
    return opened ? "" : opened.error().message();
  }
  std::string at(std::string_view rest) const { return folder.string() + std::string(rest); }

  fs::path folder;
};

std::string broken(std::string_view name) {
  auto opened = Bundle::open(fs::path(CAPSTAN_BROKEN).parent_path() / name);
  return opened ? "" : opened.error().message();
}

TEST_F(Loading, AMissingFolder) {
  const auto opened = Bundle::open(folder / "gone");

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(opened.error().message(), "there is no folder '" + at("/gone") +
                                          "': give the folder of the bundle, which has host.toml");
}

TEST_F(Loading, AFileInPlaceOfAFolder) {
  write("file", "");

  EXPECT_EQ(
      Bundle::open(folder / "file").error().message(),
      "'" + at("/file") + "' is not a folder: give the folder of the bundle, which has host.toml");
}

TEST_F(Loading, AFolderWithoutAManifest) {
  EXPECT_EQ(error(), "'" + folder.string() + "' is no bundle: it has no host.toml");
}

TEST_F(Loading, AnUnknownKey) {
  write("host.toml", "[host]\nnmae = \"x\"\nlib = \"l\"\nwit = \"w\"\n");

  EXPECT_EQ(error(), at("/host.toml:2: unknown key 'nmae', did you mean 'name'?"));
}

TEST_F(Loading, AMissingKey) {
  write("host.toml", "[host]\nname = \"x\"\n");

  EXPECT_EQ(error(), at("/host.toml:1: the key 'lib' in [host] is missing: add lib = \"...\""));
}

TEST_F(Loading, AMissingHostTable) {
  write("host.toml", "");

  EXPECT_EQ(error(), at("/host.toml: the key 'host' is missing: add the table [host]"));
}

TEST_F(Loading, ANameThatIsNoWord) {
  write("host.toml", "[host]\nname = \"a b\"\nlib = \"l\"\nwit = \"w\"\n");

  EXPECT_EQ(error(), at("/host.toml:2: 'name' must be one word"));
}

TEST_F(Loading, AMissingLibrary) {
  write("host.toml", "[host]\nname = \"x\"\nlib = \"lib/a.so\"\nwit = \"w.wit\"\n");

  EXPECT_EQ(error(), at("/host.toml:3: library 'lib/a.so' not found: there is no file '") +
                         at("/lib/a.so'"));
}

TEST_F(Loading, AMissingWit) {
  write("host.toml", "[host]\nname = \"x\"\nlib = \"lib/a.so\"\nwit = \"w.wit\"\n");
  write("lib/a.so", "");

  EXPECT_EQ(error(), at("/host.toml:4: WIT 'w.wit' not found: there is no file or folder '") +
                         at("/w.wit'"));
}

TEST_F(Loading, AWitThatDoesNotParse) {
  copy(CAPSTAN_TEXT);
  write("wit/text.wit", "package a:b;\ninterface {");

  EXPECT_THAT(error(), StartsWith("bundle 'text': "));
  EXPECT_THAT(error(), HasSubstr("text.wit:2:11"));
}

TEST_F(Loading, AWitWithNothingToServe) {
  copy(CAPSTAN_TEXT);
  write("wit/text.wit", "package a:b;\ninterface c { type t = u32; }");

  EXPECT_EQ(error(), "bundle 'text': its WIT '" + at("/wit") + "' has no interface with functions");
}

TEST_F(Loading, AFunctionThatCannotCross) {
  copy(CAPSTAN_TEXT);
  write("wit/text.wit", "package a:b;\ninterface c { f: func(s: stream<u8>); }");

  EXPECT_EQ(error(), "bundle 'text': a:b/c#f: stream cannot cross to a bundle");
}

TEST_F(Loading, ALibraryThatIsNone) {
  copy(CAPSTAN_TEXT);
  write("lib/libtext_host.so", "no library");

  EXPECT_THAT(error(), StartsWith("bundle 'text': its library cannot be loaded: "));
}

TEST_F(Loading, AWitOfAnotherVersion) {
  copy(CAPSTAN_TEXT);
  write("wit/text.wit",
        "package example:text@2.0.0;\n"
        "interface text { upper: func(text: string) -> string; "
        "greeting: func() -> result<string, string>; }");

  EXPECT_EQ(error(),
            "bundle 'text': 2 things do not agree with the WIT:\n"
            "- the library does not offer example:text/text@2.0.0 (it has "
            "'example:text/text@1.0.0')\n"
            "- the library offers example:text/text@1.0.0, which its WIT does not have");
}

TEST(BrokenBundles, WithoutAnEntryPoint) {
  EXPECT_THAT(broken("broken_no_entry"), HasSubstr("is no bundle: it does not export "
                                                   "capstan_bundle_v1"));
}

TEST(BrokenBundles, OfAnotherMajorVersion) {
  EXPECT_EQ(broken("broken_wrong_version"),
            "bundle 'broken_wrong_version': it was built for version 7.0 of the bundle interface, "
            "this is 1.0: build it again");
}

TEST(BrokenBundles, WithATableThatIsTooSmall) {
  EXPECT_THAT(broken("broken_small_table"), HasSubstr("its table says it has 8 bytes, but "));
}

TEST(BrokenBundles, WithoutAFunctionOfTheWit) {
  EXPECT_EQ(broken("broken_missing_function"),
            "bundle 'broken_missing_function': test:broken/calls: the library has no function "
            "'two'");
}

TEST(BrokenBundles, WithAFunctionOfAnotherType) {
  EXPECT_EQ(broken("broken_other_signature"),
            "bundle 'broken_other_signature': test:broken/calls#one has another type in the "
            "library than in the WIT:\n"
            "  WIT:     func(n: u32)\n"
            "                   ^^^\n"
            "  library: func(n: u64)\n"
            "                   ^^^");
}

TEST(BrokenBundles, ThatDoesNotStart) {
  EXPECT_EQ(broken("broken_fails_to_start"),
            "bundle 'broken_fails_to_start': it did not start: the database is locked");
}

TEST_F(Loading, ALibraryEverybodyMayWriteTo) {
  copy(CAPSTAN_TEXT);
  fs::permissions(folder / "lib/libtext_host.so", fs::perms::all);

  EXPECT_THAT(error(), StartsWith("bundle 'text': everybody may write to the library '"));
  EXPECT_THAT(error(), HasSubstr("--allow-bundle-anywhere"));
  EXPECT_EQ(error({.allow_anywhere = true}), "");
}

TEST_F(Loading, AFolderEverybodyMayWriteTo) {
  copy(CAPSTAN_TEXT);
  fs::permissions(folder / "lib", fs::perms::all);

  EXPECT_THAT(error(), StartsWith("bundle 'text': everybody may write to the folder '"));
}

TEST_F(Loading, ALinkIsFollowedToTheLibrary) {
  copy(CAPSTAN_TEXT);
  fs::create_directory(folder / "shared");
  fs::rename(folder / "lib/libtext_host.so", folder / "shared/real.so");
  fs::create_symlink("../shared/real.so", folder / "lib/libtext_host.so");
  EXPECT_EQ(error(), "");

  fs::permissions(folder / "shared", fs::perms::all);

  EXPECT_THAT(error(), HasSubstr("everybody may write to the folder"));
}

TEST_F(Loading, ALibraryOfSomebodyElse) {
  write("a.so", "");
  // Root may give a file away; everybody else just asks as somebody else.
  uid_t user = geteuid() + 1;
  if (geteuid() == 0) {
    ASSERT_EQ(chown((folder / "a.so").c_str(), 12345, getegid()), 0);
    user = 0;
  }

  const auto trusted = check_trusted(folder / "a.so", user);

  ASSERT_FALSE(trusted);
  EXPECT_THAT(trusted.error().message(), HasSubstr("neither to root nor to you"));
}

TEST_F(Loading, HostsAreFoundBesideTheFileAndInTheSearchPaths) {
  fs::create_directories(folder / "more");
  fs::copy(CAPSTAN_TEXT, folder / "near", fs::copy_options::recursive);
  fs::copy(CAPSTAN_SUMS, folder / "more/far", fs::copy_options::recursive);
  write("hosts.toml",
        "[global]\nsearch_paths = [\"more\"]\n"
        "[[host]]\nname = \"one\"\nbundle = \"near\"\n[host.config]\ngreeting = \"hi\"\n"
        "[[host]]\nname = \"two\"\nbundle = \"far\"\n"
        "[[host]]\nname = \"three\"\nlib = \"near/lib/libtext_host.so\"\nwit = \"near/wit\"\n");

  const auto hosts = open_hosts(folder / "hosts.toml", false);

  ASSERT_TRUE(hosts) << hosts.error().message();
  ASSERT_EQ(hosts->size(), 3u);
  EXPECT_EQ((*hosts)[0].name(), "one");
  EXPECT_EQ((*hosts)[1].name(), "two");
  EXPECT_THAT((*hosts)[1].interfaces(), ElementsAre("example:sums/sums@1.0.0"));
  EXPECT_EQ((*hosts)[2].name(), "three");
  EXPECT_EQ(check_conflicts(*hosts).error().message(),
            "the bundles 'one' and 'three' both provide example:text/text@1.0.0: give only one of "
            "them");
  EXPECT_TRUE(check_conflicts(std::span(*hosts).first(2)));
}

TEST_F(Loading, ABundleThatIsNowhere) {
  write("hosts.toml",
        "[global]\nsearch_paths = [\"more\"]\n[[host]]\nname = \"x\"\nbundle = \"gone\"\n");

  EXPECT_EQ(hosts_error(), at("/hosts.toml:5: bundle 'gone' not found; looked for '") +
                               at("/gone', '") + at("/more/gone'"));
}

TEST_F(Loading, AHostWithBundleAndLibrary) {
  write("hosts.toml", "[[host]]\nname = \"x\"\nbundle = \"b\"\nlib = \"l\"\n");

  EXPECT_EQ(hosts_error(), at("/hosts.toml:4: 'lib' comes with the bundle: give either bundle, or "
                              "lib and wit"));
}

TEST_F(Loading, TwoHostsOfOneName) {
  fs::copy(CAPSTAN_TEXT, folder / "b", fs::copy_options::recursive);
  write("hosts.toml",
        "[[host]]\nname = \"x\"\nbundle = \"b\"\n[[host]]\nname = \"x\"\nbundle = \"b\"\n");

  EXPECT_EQ(hosts_error(),
            at("/hosts.toml:5: two hosts are called 'x': give each a name of its own"));
}

TEST_F(Loading, AnUnknownKeyInHosts) {
  write("hosts.toml", "[[host]]\nname = \"x\"\nbundel = \"b\"\n");

  EXPECT_EQ(hosts_error(), at("/hosts.toml:3: unknown key 'bundel', did you mean 'bundle'?"));
}

TEST(UnusedBundles, AreWarnedAboutWithTheReason) {
  auto engine = Engine::create().value();
  const auto component = engine.load_file(CAPSTAN_BUNDLE_GUEST).value();
  const Bundle bundles[] = {Bundle::open(CAPSTAN_TEXT).value(),
                            Bundle::open(CAPSTAN_KEYVALUE).value()};

  EXPECT_THAT(unused_warnings(bundles, component),
              ElementsAre("Unknown bundle 'keyvalue': the component imports nothing that it "
                          "provides (keyvalue:store/store@0.1.0)"));
  EXPECT_THAT(unused_warnings(std::span(bundles).first(1), component), IsEmpty());
}

}  // namespace
}  // namespace capstan::bundle
