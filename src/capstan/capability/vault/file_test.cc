#include <capstan/capability/vault/file.h>

#include <capstan/capability/vault/conformance_testing.h>
#include <capstan/capability/vault/connect.h>

#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace capstan::vault {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view hex_key =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
constexpr std::string_view other_key =
    "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
// The least that argon2id takes: these tests are not about how hard it is to guess.
constexpr PassphraseCost cheap = {.operations = 1, .memory_bytes = 8192};

// A folder that is removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "capstan-vault-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] std::string file(std::string_view name = "app.vault") const {
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void put(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

FileOptions options(const std::string& path, std::string_view key = hex_key) {
  return {.path = path, .key = Key::parse(key).value()};
}
FileOptions with_passphrase(const std::string& path, std::string_view phrase) {
  return {.path = path, .key = Key::from_passphrase(phrase).value(), .cost = cheap};
}
std::string refused(const FileOptions& options) {
  const auto file = VaultFile::open(options);
  return file ? "accepted" : file.error().message();
}

// A store in a folder that lives as long as it does.
class StoreInFolder final : public Store {
 public:
  StoreInFolder(const Limits& limits, FileOptions options) {
    options.path = folder_.file();
    options.limits = limits;
    store_ = connect_with(options).value();
  }
  Task<Outcome<std::shared_ptr<Locker>>> open(std::string locker) override {
    return store_->open(std::move(locker));
  }
  bool suspends() const override { return store_->suspends(); }

 private:
  Folder folder_;
  std::shared_ptr<Store> store_;
};

// The test of lockers that outlive their store needs the folder longer.
std::vector<std::shared_ptr<Store>> kept;
VaultBackend backend(std::string name, const std::function<FileOptions()>& options) {
  return {.name = std::move(name), .make = [options](const Limits& limits) {
            kept.push_back(std::make_shared<StoreInFolder>(limits, options()));
            return kept.back();
          }};
}

INSTANTIATE_TEST_SUITE_P(
    File, VaultConformance,
    testing::Values(backend("key", [] { return options(""); }),
                    backend("passphrase", [] { return with_passphrase("", "correct horse"); }),
                    backend("pool",
                            [] {
                              FileOptions pooled = options("");
                              pooled.pool = std::make_shared<BlockingPool>();
                              return pooled;
                            })),
    testing::PrintToStringParamName());

TEST(VaultFile, KeepsSecretsWhenItIsOpenedAgain) {
  const Folder folder;
  VaultFile::open(options(folder.file())).value()->set("app", "token", Bytes::copy_of("x")).value();

  const auto again = VaultFile::open(options(folder.file())).value();

  EXPECT_EQ(again->get("app", "token").value()->text(), "x");
  EXPECT_THAT(again->lockers().value(), ElementsAre("app"));
}

TEST(VaultFile, OpensWithAPassphraseAtTheCostItWasMadeWith) {
  const Folder folder;
  VaultFile::open(with_passphrase(folder.file(), "correct horse"))
      .value()
      ->set("app", "token", Bytes::copy_of("x"))
      .value();
  FileOptions dearer = with_passphrase(folder.file(), "correct horse\n");
  dearer.cost = {.operations = 2, .memory_bytes = 16384};

  EXPECT_EQ(VaultFile::open(dearer).value()->get("app", "token").value()->text(), "x");
}

TEST(VaultFile, IsPrivateAndShowsNothing) {
  const Folder folder;
  const auto file = VaultFile::open(options(folder.file())).value();
  file->set("visible-locker", "visible-id", Bytes::copy_of("visible-secret")).value();

  struct stat status = {};
  ASSERT_EQ(::stat(folder.file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_THAT(contents_of(folder.file()), Not(HasSubstr("visible")));
}

TEST(VaultFile, EncryptsEveryTimeAnew) {
  const Folder folder;
  const auto file = VaultFile::open(options(folder.file())).value();
  file->set("app", "token", Bytes::copy_of("x")).value();
  const std::string first = contents_of(folder.file());

  file->set("app", "token", Bytes::copy_of("x")).value();

  const std::string second = contents_of(folder.file());
  ASSERT_EQ(first.size(), second.size());
  EXPECT_NE(first.substr(64, 24), second.substr(64, 24));
  EXPECT_NE(first.substr(112), second.substr(112));
}

TEST(VaultFile, SaysWhichKeyIsWrong) {
  const Folder folder;
  const std::string path = folder.file();
  VaultFile::open(options(path)).value()->set("app", "token", Bytes()).value();
  const std::string phrased = folder.file("phrased.vault");
  VaultFile::open(with_passphrase(phrased, "right")).value()->set("app", "token", Bytes()).value();

  EXPECT_EQ(refused(options(path, other_key)),
            "the vault '" + path + "' is locked with another key");
  EXPECT_EQ(refused(with_passphrase(phrased, "wrong")),
            "the vault '" + phrased + "' is locked with another passphrase");
  EXPECT_EQ(refused(with_passphrase(path, "right")),
            "the vault '" + path +
                "' is locked with a key, and a passphrase was given: name the key's variable with "
                "key-env");
  EXPECT_EQ(refused(options(phrased)),
            "the vault '" + phrased +
                "' is locked with a passphrase, and a key was given: name the passphrase's "
                "variable with passphrase-env");
}

TEST(VaultFile, NoticesEveryChangedByte) {
  const Folder folder;
  const std::string path = folder.file();
  VaultFile::open(options(path)).value()->set("app", "token", Bytes::copy_of("secret")).value();
  const std::string whole = contents_of(path);

  for (std::size_t at = 12; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    put(path, changed);
    EXPECT_THAT(refused(options(path)), HasSubstr("is damaged: ")) << "byte " << at;
  }
  put(path, whole);
  EXPECT_EQ(refused(options(path)), "accepted");
}

TEST(VaultFile, NoticesWhereItIsCutOff) {
  const Folder folder;
  const std::string path = folder.file();
  VaultFile::open(options(path)).value()->set("app", "token", Bytes::copy_of("secret")).value();
  const std::string whole = contents_of(path);

  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(path, whole.substr(0, size));
    EXPECT_EQ(refused(options(path)), "the vault '" + path + "' is cut off after " +
                                          std::to_string(size) + " bytes: restore it from a copy");
  }
  put(path, whole + "x");
  EXPECT_EQ(refused(options(path)),
            "the vault '" + path +
                "' is damaged: its length is not what its header says; restore it from a copy");
}

TEST(VaultFile, RefusesWhatIsNoVaultOrANewerOne) {
  const Folder folder;
  const std::string path = folder.file();
  put(path, "PK\x03\x04 something else entirely");
  EXPECT_EQ(refused(options(path)),
            "the vault '" + path + "' is no vault: give the file another name");

  put(path, std::string("CAPVAULT\x02\0\0\0 whatever comes then", 32));
  EXPECT_EQ(refused(options(path)),
            "the vault '" + path +
                "' is of the newer format 2, and this Capstan knows formats up to 1: use a newer "
                "Capstan");

  EXPECT_EQ(refused(options(folder.file("."))),
            "the vault '" + folder.file(".") + "' is not a file");
  EXPECT_THAT(refused(options(folder.file("no/app.vault"))), HasSubstr("there is no folder '"));
}

TEST(VaultFile, NeverWritesOverWhatItCannotRead) {
  const Folder folder;
  const std::string path = folder.file();
  const auto file = VaultFile::open(options(path)).value();
  file->set("app", "token", Bytes::copy_of("x")).value();
  put(path, "somebody else's");

  EXPECT_EQ(file->set("app", "token", Bytes::copy_of("y")).error().message,
            "the vault is no vault: give the file another name");
  EXPECT_EQ(file->get("app", "token").error().message,
            "the vault is no vault: give the file another name");

  EXPECT_EQ(contents_of(path), "somebody else's");
}

TEST(VaultFile, SeesWhatOthersHaveChanged) {
  const Folder folder;
  const auto one = VaultFile::open(options(folder.file())).value();
  const auto two = VaultFile::open(options(folder.file())).value();

  one->set("app", "a", Bytes::copy_of("1")).value();
  two->set("app", "b", Bytes::copy_of("2")).value();
  one->set("app", "c", Bytes::copy_of("3")).value();

  EXPECT_THAT(two->list("app").value(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(one->get("app", "b").value()->text(), "2");
}

TEST(VaultFile, LosesNoChangeOfTwoWriters) {
  const Folder folder;
  constexpr int each = 15;
  std::vector<std::thread> writers;
  for (const char* name : {"a", "b"}) {
    writers.emplace_back([&folder, name] {
      const auto file = VaultFile::open(options(folder.file())).value();
      for (int i = 0; i < each; ++i)
        file->set("app", name + std::to_string(i), Bytes::copy_of("x")).value();
    });
  }
  for (std::thread& writer : writers) writer.join();

  EXPECT_EQ(VaultFile::open(options(folder.file())).value()->list("app").value().size(), 2U * each);
}

TEST(VaultFile, GivesUpWaitingForALock) {
  const Folder folder;
  FileOptions impatient = options(folder.file());
  impatient.lock_wait_ms = 10;
  const auto file = VaultFile::open(impatient).value();
  const int other = ::open(folder.file("app.vault.lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);

  EXPECT_EQ(file->set("app", "token", Bytes()).error().message,
            "the vault has been locked by another process for 10 ms: try again later");
  ::close(other);
  EXPECT_TRUE(file->set("app", "token", Bytes()).has_value());
}

TEST(VaultFile, TakesTheLockThatOthersTakeWhenItsFileWasRemoved) {
  const Folder folder;
  const auto one = VaultFile::open(options(folder.file())).value();
  one->set("app", "a", Bytes()).value();
  fs::remove(folder.file("app.vault.lock"));

  one->set("app", "b", Bytes()).value();

  EXPECT_TRUE(fs::exists(folder.file("app.vault.lock")));
}

TEST(VaultFile, ThatIsReadOnlyDeniesChanges) {
  const Folder folder;
  VaultFile::open(options(folder.file())).value()->set("app", "token", Bytes()).value();
  FileOptions reading = options(folder.file());
  reading.access = Access::read_only;
  const auto file = VaultFile::open(reading).value();

  EXPECT_EQ(file->set("app", "token", Bytes()).error().kind, ErrorKind::access_denied);
  EXPECT_EQ(file->remove("app", "token").error().kind, ErrorKind::access_denied);
  EXPECT_TRUE(file->exists("app", "token").value());
}

TEST(VaultFile, BehindALinkIsReplacedAndTheLinkIsNot) {
  const Folder folder;
  VaultFile::open(options(folder.file("real.vault"))).value()->set("app", "a", Bytes()).value();
  fs::create_symlink("real.vault", folder.file("link.vault"));

  VaultFile::open(options(folder.file("link.vault"))).value()->set("app", "b", Bytes()).value();

  EXPECT_TRUE(fs::is_symlink(folder.file("link.vault")));
  EXPECT_THAT(VaultFile::open(options(folder.file("real.vault"))).value()->list("app").value(),
              ElementsAre("a", "b"));
}

TEST(VaultFile, MakesNothingOfAChangeThatCannotBeWritten) {
  const Folder folder;
  const auto file = VaultFile::open(options(folder.file())).value();
  file->set("app", "a", Bytes::copy_of("1")).value();
  fs::create_directory(folder.file("app.vault.new"));

  EXPECT_THAT(file->set("app", "a", Bytes::copy_of("2")).error().message,
              HasSubstr("the vault cannot be written: "));
  EXPECT_EQ(file->get("app", "a").value()->text(), "1");
}

TEST(VaultFile, LeavesNoCopyOfASecretInMemory) {
  const Folder folder;
  const HiddenText secret("file-vault");
  {
    const auto file = VaultFile::open(options(folder.file())).value();
    file->set("app", "token", secret.bytes()).value();
    EXPECT_TRUE(is_in_memory(secret));
    const auto again = VaultFile::open(options(folder.file())).value();
    EXPECT_TRUE(*again->get("app", "token").value() == secret.bytes());
  }

  EXPECT_FALSE(is_in_memory(secret));
}

TEST(VaultKey, IsReadAsHexadecimalDigitsAndAsBase64) {
  const auto hex = Key::parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1dfffe\n");
  const auto base64 = Key::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd//4=");
  const auto url_safe = Key::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd__4");

  ASSERT_TRUE(hex && base64 && url_safe);
  EXPECT_TRUE(std::ranges::equal((*hex)->bytes(), (*base64)->bytes()));
  EXPECT_TRUE(std::ranges::equal((*hex)->bytes(), (*url_safe)->bytes()));
}

TEST(VaultKey, RefusesWhatIsNone) {
  for (const char* text : {"", "secret", "0011",
                           "zz112233445566778899aabbccddeeff0011223344556677"
                           "8899aabbccddeeff",
                           "AAECAwQFBgcICQoLDA0ODxAREhMU"
                           "FRYXGBkaGxwdHh8gISI="})
    EXPECT_EQ(Key::parse(text).error().message(),
              "it is not a key: write 32 bytes as 64 hexadecimal digits or as base64, such as "
              "`head -c 32 /dev/urandom | base64` makes them");
  EXPECT_EQ(Key::from_passphrase("\n").error().message(), "the passphrase is empty");
}

TEST(VaultKey, ComesFromTheVariableThatTheAddressNames) {
  const Folder folder;
  const auto refused = [&](const std::string& address_options) {
    const auto store = connect(Url::parse("file:" + folder.file() + address_options).value());
    return store ? "accepted" : store.error().message();
  };
  ::setenv("CAPSTAN_TEST_GOOD", std::string(hex_key).c_str(), 1);
  ::setenv("CAPSTAN_TEST_BAD", "hunter2", 1);

  EXPECT_EQ(refused("?key-env=CAPSTAN_TEST_GOOD"), "accepted");
  EXPECT_EQ(refused("?passphrase-env=CAPSTAN_TEST_NONE"),
            "the environment has no variable 'CAPSTAN_TEST_NONE': set it to the vault's "
            "passphrase");
  EXPECT_EQ(refused(""),
            "the environment has no variable 'CAPSTAN_VAULT_KEY': set it to the vault's key, 32 "
            "bytes as hexadecimal digits or base64");
  EXPECT_THAT(refused("?key-env=CAPSTAN_TEST_BAD"), Not(HasSubstr("hunter2")));
  EXPECT_THAT(refused("?key-env=A&passphrase-env=B"), HasSubstr("a vault has one of the two"));
}

}  // namespace
}  // namespace capstan::vault
