#include <capstan/keyfiles/names.h>

#include <capstan/keyfiles/sha256.h>

#include <gmock/gmock.h>

#include <set>

namespace capstan::keyfiles {
namespace {

using testing::Optional;

TEST(KeyFileNames, ASafeKeyIsItsFilesName) {
  for (const char* key :
       {"a", "user:123", "page_views", "with space", "~x", "ümlaut", "a.b", "-"}) {
    EXPECT_EQ(file_name_of(key), key);
    EXPECT_THAT(key_of(key), Optional(std::string(key)));
  }
}

TEST(KeyFileNames, AnyOtherKeyIsEncodedAndComesBack) {
  const std::pair<std::string, std::string> rows[] = {
      {"", "%"},        {".", "%2E"},         {"..", "%2E."},     {".hidden", "%2Ehidden"},
      {"a/b", "a%2Fb"}, {"../x", "%2E.%2Fx"}, {"100%", "100%25"}, {"a\nb", "a%0Ab"},
      {"%41", "%2541"}, {"\\", "%5C"},        {"\x7f", "%7F"},    {std::string(1, '\0'), "%00"},
  };
  for (const auto& [key, name] : rows) {
    EXPECT_EQ(file_name_of(key), name);
    EXPECT_THAT(key_of(name), Optional(key));
  }
}

TEST(KeyFileNames, ALongKeyIsHashed) {
  const std::string fits(255, 'a');
  const std::string long_key(256, 'a');
  const std::string long_when_encoded(100, '/');

  EXPECT_EQ(file_name_of(fits), fits);
  for (const std::string& key : {long_key, long_when_encoded}) {
    const std::string name = file_name_of(key);
    EXPECT_TRUE(is_hashed(name)) << name;
    EXPECT_EQ(name, "%%" + sha256_hex(key));
    EXPECT_EQ(name_file_of(name), ".name-" + sha256_hex(key));
    EXPECT_EQ(key_of(name), std::nullopt);
  }
}

TEST(KeyFileNames, NamesThatAreNoKeysAreNotTakenForOnes) {
  for (const char* name : {"", ".tmp-1", ".lock-a", "%4", "%zz", "%41", "a%2f", "x%", "%%short"})
    EXPECT_EQ(key_of(name), std::nullopt) << name;
}

TEST(KeyFileNames, DifferentKeysHaveDifferentFiles) {
  std::set<std::string> names;
  std::size_t keys = 0;
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b, ++keys)
      names.insert(file_name_of(std::string{static_cast<char>(a), static_cast<char>(b)}));
  EXPECT_EQ(names.size(), keys);
}

TEST(Sha256, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace capstan::keyfiles
