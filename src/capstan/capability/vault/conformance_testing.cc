#include <capstan/capability/vault/conformance_testing.h>

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace capstan::vault {

std::shared_ptr<Locker> open(Store& store, std::string_view locker) {
  auto opened = block_on(store.open(std::string(locker)));
  EXPECT_TRUE(opened.has_value()) << opened.error().message;
  return opened.value_or(nullptr);
}

void set(Locker& locker, std::string_view id, std::string_view secret) {
  const auto stored = block_on(locker.set(std::string(id), Bytes::copy_of(secret)));
  EXPECT_TRUE(stored.has_value()) << stored.error().message;
}

std::string get(Locker& locker, std::string_view id) {
  const auto secret = block_on(locker.get(std::string(id)));
  if (!secret) return secret.error().message;
  return *secret ? std::string((*secret)->text()) : "(none)";
}

std::vector<std::string> list(Locker& locker) {
  auto ids = block_on(locker.list());
  EXPECT_TRUE(ids.has_value()) << ids.error().message;
  return ids.value_or(std::vector<std::string>());
}

namespace {

constexpr std::uint8_t mask = 0x5A;

struct Region {
  std::uintptr_t first = 0, end = 0;
};

std::vector<Region> writable_regions() {
  std::vector<Region> regions;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    Region region;
    char dash = 0;
    std::string rights;
    std::istringstream words(line);
    words >> std::hex >> region.first >> dash >> region.end >> rights;
    // Larger ones are tables of a sanitizer, which have nothing but zeroes almost everywhere.
    const bool ours = region.end - region.first < (std::uintptr_t{4} << 30);
    if (ours && rights.starts_with("rw")) regions.push_back(region);
  }
  return regions;
}

}  // namespace

HiddenText::HiddenText(std::string_view name) {
  std::uint32_t state = 2166136261U;
  for (std::size_t i = 0; i < size; ++i) {
    state = (state ^ static_cast<std::uint8_t>(name[i % name.size()])) * 16777619U;
    masked_[i] = static_cast<std::uint8_t>(state >> 16);
  }
}

Bytes HiddenText::bytes() const {
  std::vector<std::uint8_t> text(size);
  for (std::size_t i = 0; i < size; ++i) text[i] = masked_[i] ^ mask;
  Bytes bytes(std::move(text));
  bytes.wipe_when_freed();
  return bytes;
}

bool HiddenText::at(const std::uint8_t* place) const {
  for (std::size_t i = 0; i < size; ++i)
    if ((place[i] ^ mask) != masked_[i]) return false;
  return true;
}

bool is_in_memory(const HiddenText& text) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  std::vector<std::uint8_t> buffer(piece);
  std::ifstream memory("/proc/self/mem", std::ios::binary);
  EXPECT_TRUE(memory.good());
  const auto own = reinterpret_cast<std::uintptr_t>(buffer.data());
  bool found = false;
  for (const Region& region : writable_regions()) {
    // Pieces overlap, so that a text across two of them is seen.
    for (auto at = region.first; at < region.end && !found; at += piece - HiddenText::size) {
      memory.clear();
      memory.seekg(static_cast<std::streamoff>(at));
      memory.read(reinterpret_cast<char*>(buffer.data()),
                  static_cast<std::streamsize>(std::min<std::uintptr_t>(piece, region.end - at)));
      const auto count = static_cast<std::size_t>(memory.gcount());
      for (std::size_t i = 0; i + HiddenText::size <= count && !found; ++i) {
        const bool in_buffer = at + i + HiddenText::size > own && at + i < own + piece;
        found = !in_buffer && text.at(buffer.data() + i);
      }
    }
  }
  std::ranges::fill(buffer, std::uint8_t{0});
  return found;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(VaultConformance, ALockerThatNobodyUsedIsEmpty) {
  const auto store = make_store();
  const auto locker = open(*store, "never used");

  EXPECT_THAT(list(*locker), IsEmpty());
  EXPECT_EQ(get(*locker, "anything"), "(none)");
  EXPECT_FALSE(block_on(locker->exists("anything")).value());
}

TEST_P(VaultConformance, ASecretIsGivenBackAsItWas) {
  const auto store = make_store();
  const auto locker = open(*store, "app");
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);

  set(*locker, "binary", every_byte);
  set(*locker, "nothing", "");

  EXPECT_EQ(get(*locker, "binary"), every_byte);
  EXPECT_EQ(get(*locker, "nothing"), "");
  EXPECT_TRUE(block_on(locker->exists("nothing")).value());
}

TEST_P(VaultConformance, ASecretIsReplaced) {
  const auto store = make_store();
  const auto locker = open(*store, "app");
  set(*locker, "token", "a long first value");

  set(*locker, "token", "second");

  EXPECT_EQ(get(*locker, "token"), "second");
  EXPECT_THAT(list(*locker), ElementsAre("token"));
}

TEST_P(VaultConformance, RemovingSaysWhetherThereWasOne) {
  const auto store = make_store();
  const auto locker = open(*store, "app");
  set(*locker, "token", "x");

  EXPECT_TRUE(block_on(locker->remove("token")).value());
  EXPECT_FALSE(block_on(locker->remove("token")).value());
  EXPECT_EQ(get(*locker, "token"), "(none)");
  EXPECT_THAT(list(*locker), IsEmpty());
}

TEST_P(VaultConformance, IdsAreListedInTheOrderOfTheirBytes) {
  const auto store = make_store();
  const auto locker = open(*store, "app");

  for (const char* id : {"b", "a/b", "ü", "B", "a", "日本", "a b"}) set(*locker, id, id);

  EXPECT_THAT(list(*locker), ElementsAre("B", "a", "a b", "a/b", "b", "ü", "日本"));
}

TEST_P(VaultConformance, LockersKeepTheirSecretsApart) {
  const auto store = make_store();
  const auto one = open(*store, "one");
  const auto two = open(*store, "two");
  // Names that would meet if they were only joined.
  const auto joined = open(*store, "one/x");

  set(*one, "x/id", "from one");
  set(*joined, "id", "from one/x");

  EXPECT_EQ(get(*one, "x/id"), "from one");
  EXPECT_EQ(get(*joined, "id"), "from one/x");
  EXPECT_THAT(list(*two), IsEmpty());
}

TEST_P(VaultConformance, EveryHandleOfALockerSeesTheSame) {
  const auto store = make_store();
  const auto first = open(*store, "app");
  const auto second = open(*store, "app");

  set(*first, "token", "x");

  EXPECT_EQ(get(*second, "token"), "x");
}

TEST_P(VaultConformance, NamesHaveLimits) {
  const auto store = make_store();
  const auto locker = open(*store, std::string(name_bytes_max, 'l'));
  const std::string longest(name_bytes_max, 'i');
  const std::string longer = longest + "i";

  set(*locker, longest, "x");

  EXPECT_EQ(get(*locker, longest), "x");
  const std::string message = "the secret's id has 1025 bytes: at most 1024 are allowed";
  EXPECT_EQ(refusal(locker->set(longer, Bytes())), message);
  EXPECT_EQ(refusal(locker->get(longer)), message);
  EXPECT_EQ(refusal(locker->remove(longer)), message);
  EXPECT_EQ(refusal(locker->exists(longer)), message);
  EXPECT_EQ(refusal(locker->set("", Bytes())), "the secret's id is empty");
  EXPECT_EQ(refusal(store->open("")), "the locker's name is empty");
  EXPECT_EQ(refusal(store->open(longer)),
            "the locker's name has 1025 bytes: at most 1024 are allowed");
}

TEST_P(VaultConformance, SecretsHaveALimit) {
  const auto store = make_store();
  const auto locker = open(*store, "app");
  const std::string largest(secret_bytes_max, 's');

  set(*locker, "largest", largest);

  EXPECT_EQ(get(*locker, "largest"), largest);
  EXPECT_EQ(refusal(locker->set("larger", Bytes::copy_of(largest + "s"))),
            "the secret has 1048577 bytes: at most 1048576 are allowed");
  EXPECT_EQ(get(*locker, "larger"), "(none)");
}

TEST_P(VaultConformance, AFullVaultTakesNoMoreAndKeepsWhatItHas) {
  const auto store = make_store({.secrets_max = 2, .bytes_max = 1000});
  const auto locker = open(*store, "app");
  set(*locker, "a", "1");
  set(*locker, "b", "2");

  EXPECT_EQ(refusal(locker->set("c", Bytes::copy_of("3"))),
            "the vault is full: it holds at most 2 secrets");
  EXPECT_EQ(refusal(locker->set("b", Bytes::copy_of(std::string(900, 'x')))),
            "the vault is full: it holds at most 1000 bytes");
  EXPECT_EQ(get(*locker, "b"), "2");

  EXPECT_TRUE(block_on(locker->remove("a")).value());
  set(*locker, "c", "3");
  EXPECT_THAT(list(*locker), ElementsAre("b", "c"));
}

TEST_P(VaultConformance, LockersOutliveTheirStore) {
  auto store = make_store();
  const auto locker = open(*store, "app");
  set(*locker, "token", "x");

  store.reset();

  EXPECT_EQ(get(*locker, "token"), "x");
}

TEST_P(VaultConformance, ThreadsSeeWholeSecrets) {
  const auto store = make_store();
  set(*open(*store, "app"), "token", std::string(100, '0'));

  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&store, number] {
      const auto locker = open(*store, "app");
      const std::string own = std::to_string(number);
      for (int i = 0; i < 5; ++i) {
        set(*locker, "token", std::string(100, own[0]));
        set(*locker, own + "-" + std::to_string(i), own);
        const std::string seen = get(*locker, "token");
        EXPECT_EQ(seen, std::string(100, seen[0]));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(list(*open(*store, "app")).size(), 21U);
}

}  // namespace

// The programs of other tests have the suite without a backend.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(VaultConformance);

}  // namespace capstan::vault
