// A vault whose writers are killed at random moments: nothing that was acknowledged is lost, and
// the file is never torn.
#include <capstan/capability/vault/file.h>

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace capstan::vault {
namespace {

namespace fs = std::filesystem;

constexpr int rounds = 200;
constexpr int writers = 2;
constexpr int ids = 5;

FileOptions options(const fs::path& path) {
  return {.path = path.string(), .key = Key::parse(std::string(64, 'a')).value()};
}

// Whole only if every byte belongs to the same number.
std::string secret_of(std::uint32_t number) {
  std::string text;
  while (text.size() < 3000) text += std::to_string(number) + ",";
  return text;
}
std::string id_of(int writer, std::uint32_t number) {
  return std::to_string(writer) + "-" + std::to_string(number % ids);
}

// Stores secrets until it is killed; a number goes into the pipe when its secret is stored.
[[noreturn]] void write_until_killed(const fs::path& path, int writer, std::uint32_t first,
                                     int acknowledged) {
  const auto file = VaultFile::open(options(path));
  if (!file) ::_exit(1);
  for (std::uint32_t number = first;; ++number) {
    if (!(*file)->set("app", id_of(writer, number), Bytes::copy_of(secret_of(number)))) ::_exit(2);
    if (::write(acknowledged, &number, sizeof number) != sizeof number) ::_exit(3);
  }
}

// One writer: what it last said is stored.
struct Writer {
  pid_t process = 0;
  int acknowledged = -1;
  std::uint32_t next = 0;  // the first number that was not acknowledged
};

void start(Writer& writer, const fs::path& path, int number) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  writer.process = ::fork();
  ASSERT_GE(writer.process, 0);
  if (writer.process == 0) write_until_killed(path, number, writer.next, ends[1]);
  ::close(ends[1]);
  writer.acknowledged = ends[0];
}

void kill_and_collect(Writer& writer) {
  ::kill(writer.process, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(writer.process, &status, 0), writer.process);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);
  std::uint32_t number = 0;
  while (::read(writer.acknowledged, &number, sizeof number) == sizeof number)
    writer.next = number + 1;
  ::close(writer.acknowledged);
}

// Every id has the last acknowledged secret of its own, or the one that was being stored.
void check(VaultFile& file, int number, const Writer& writer) {
  for (std::uint32_t back = 1; back <= ids && back <= writer.next; ++back) {
    const std::uint32_t last = writer.next - back;
    const auto secret = file.get("app", id_of(number, last));
    ASSERT_TRUE(secret.has_value()) << secret.error().message;
    ASSERT_TRUE(secret->has_value()) << "lost " << id_of(number, last);
    const bool was_being_stored = back == ids && (*secret)->text() == secret_of(writer.next);
    ASSERT_TRUE((*secret)->text() == secret_of(last) || was_being_stored)
        << id_of(number, last) << " is not " << last;
  }
}

TEST(VaultCrash, LosesNothingThatWasAcknowledgedAndIsNeverTorn) {
  std::string name = fs::temp_directory_path() / "capstan-vault-XXXXXX";
  const fs::path folder = ::mkdtemp(name.data());
  const fs::path path = folder / "app.vault";
  std::mt19937 random(20'26);
  std::uniform_int_distribution<int> moment_us(500, 40'000);
  std::vector<Writer> all(writers);

  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    for (int i = 0; i < writers; ++i) start(all[static_cast<std::size_t>(i)], path, i);
    std::this_thread::sleep_for(std::chrono::microseconds(moment_us(random)));
    for (Writer& writer : all) kill_and_collect(writer);

    const auto file = VaultFile::open(options(path));
    ASSERT_TRUE(file.has_value()) << "round " << round << ": " << file.error().message();
    for (int i = 0; i < writers; ++i) check(**file, i, all[static_cast<std::size_t>(i)]);
  }

  // Otherwise nothing was tried.
  std::uint32_t stored = 0;
  for (const Writer& writer : all) stored += writer.next;
  EXPECT_GT(stored, static_cast<std::uint32_t>(rounds));
  RecordProperty("secrets_stored", static_cast<int>(stored));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace capstan::vault
