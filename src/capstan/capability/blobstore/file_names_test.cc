#include <capstan/capability/blobstore/file_names.h>

#include <capstan/keyfiles/sha256.h>

#include <gtest/gtest.h>

namespace capstan::blobstore {
namespace {

std::string hex(std::string_view text) {
  std::string out;
  for (const std::uint8_t byte : keyfiles::sha256(text)) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

TEST(BlobstoreFileNames, LeaveNoFolderAndAreNeverTheBackendsOwn) {
  EXPECT_EQ(file_name_of("report-1.txt"), "report-1.txt");
  EXPECT_EQ(file_name_of(".."), "%2E.");
  EXPECT_EQ(file_name_of("../etc/passwd"), "%2E.%2Fetc%2Fpasswd");
  EXPECT_EQ(file_name_of(".container"), "%2Econtainer");
  EXPECT_EQ(file_name_of("a b%"), "a%20b%25");
  EXPECT_EQ(file_name_of(std::string_view("\0", 1)), "%00");
  EXPECT_EQ(file_name_of("ü"), "%C3%BC");
}

TEST(BlobstoreFileNames, ComeBackAsTheyWere) {
  for (const std::string& name :
       {std::string("plain"), std::string("../x"), std::string("%41"), std::string("\0\n", 2),
        std::string("%hx"), std::string(200, '/').substr(0, 80)})
    EXPECT_EQ(name_of(file_name_of(name)), name);
}

TEST(BlobstoreFileNames, OfOthersAreNone) {
  for (const char* foreign : {"", ".tmp", "a b", "%", "%4", "%4g", "%2f", "%41", "%h00", "ü"})
    EXPECT_EQ(name_of(foreign), std::nullopt) << foreign;
}

TEST(BlobstoreFileNames, TooLongOnesAreHashed) {
  const std::string longest(255, 'n');
  const std::string longer(256, 'n');

  EXPECT_EQ(file_name_of(longest), longest);
  EXPECT_EQ(file_name_of(longer), "%h" + hex(longer));
  EXPECT_TRUE(is_hashed(file_name_of(longer)));
  EXPECT_FALSE(is_hashed(file_name_of("%h" + hex(longer))));
  EXPECT_TRUE(is_hashed(file_name_of(std::string(86, '/'))));
}

TEST(BlobstoreFileNames, TrailersEndWithTheirLength) {
  const std::string trailer = trailer_of(std::string(300, 'x'));

  EXPECT_EQ(trailer, std::string(300, 'x') + std::string("\x2c\x01\0\0", 4));
  EXPECT_EQ(trailer_length(std::span<const std::uint8_t, 4>(
                reinterpret_cast<const std::uint8_t*>(trailer.data()) + 300, 4)),
            300u);
}

// FIPS 180-4's own examples, and the lengths around a block's end.
TEST(BlobstoreFileNames, HashesAsTheStandardSays) {
  EXPECT_EQ(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(std::string(55, 'a')),
            "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(hex(std::string(64, 'a')),
            "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

}  // namespace
}  // namespace capstan::blobstore
