// kill -9 at random moments under load: what was acknowledged is there, whole, and nothing else is.
#include <capstan/capability/blobstore/file.h>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>

namespace capstan::blobstore {
namespace {

namespace fs = std::filesystem;

constexpr int rounds = 200;
constexpr unsigned objects = 12;

template <typename T>
T must(Outcome<T> outcome) {
  if (!outcome) throw std::runtime_error(outcome.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}
template <typename T>
T must(Task<Outcome<T>> task) {
  return must(block_on(std::move(task)));
}

std::shared_ptr<Store> open(const fs::path& folder) {
  FileOptions options;
  options.folder = folder;
  return connect_with(options).value();
}

// Step number `n`: an object is written or removed. All that follows from the number.
struct Step {
  explicit Step(std::uint32_t n) : number(n) {
    std::minstd_rand random(n + 1);
    object = std::to_string(random() % objects);
    if (object == "7") object.append(400, 'x');  // its name is behind its content
    removes = random() % 4 == 0;
    size = random() % 8 == 0 ? random() % 400'000 : random() % 5000;
  }
  [[nodiscard]] std::string content() const {
    std::string text = std::to_string(number) + ":";
    while (text.size() < size) text += text;
    return text;
  }

  std::uint32_t number;
  std::string object;
  bool removes = false;
  std::size_t size = 0;
};

// What is killed: goes through the steps and tells the number of each that is done.
[[noreturn]] void work(const fs::path& folder, std::uint32_t first, int acknowledge) {
  try {
    const auto container = must(open(folder)->create("c"));
    for (std::uint32_t number = first;; ++number) {
      const Step step(number);
      if (step.removes) {
        must(container->remove({step.object}));
      } else {
        const auto writer = must(container->write(step.object));
        const std::string content = step.content();
        for (std::size_t at = 0; at < content.size(); at += 65'536)
          must(writer->write(Bytes::copy_of(std::string_view(content).substr(at, 65'536))));
        must(writer->commit());
      }
      if (::write(acknowledge, &number, sizeof number) != sizeof number) ::_exit(1);
    }
  } catch (...) {
  }
  ::_exit(1);
}

// From when on it may be killed.
enum class Kill : std::uint8_t { any_time, once_it_works };

// Starts the work, kills it after a while, and gives what it acknowledged.
std::vector<std::uint32_t> run_and_kill(const fs::path& folder, std::uint32_t first, Kill kill,
                                        std::chrono::microseconds after) {
  int ends[2] = {};
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    work(folder, first, ends[1]);
  }
  ::close(ends[1]);
  std::vector<std::uint32_t> done;
  std::uint32_t number = 0;
  const auto next = [&] { return ::read(ends[0], &number, sizeof number) == sizeof number; };
  if (kill == Kill::once_it_works && next()) done.push_back(number);
  ::usleep(static_cast<useconds_t>(after.count()));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  while (next()) done.push_back(number);
  ::close(ends[0]);
  if (!WIFSIGNALED(status)) throw std::runtime_error("the work failed before it was killed");
  return done;
}

std::optional<std::string> content_of(Container& container, const std::string& object) {
  auto reader = block_on(container.read(object, Range::all()));
  if (!reader) {
    if (reader.error().kind == ErrorKind::no_such_object) return std::nullopt;
    throw std::runtime_error(reader.error().message);
  }
  std::string text;
  for (;;) {
    const Bytes piece = must((*reader)->read(1 << 20));
    if (piece.empty()) return text;
    text += piece.text();
  }
}

TEST(BlobstoreCrash, NothingAcknowledgedIsLostAndNothingIsTorn) {
  std::string pattern = (fs::temp_directory_path() / "capstan-crash-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const fs::path folder = pattern;
  std::mt19937 random(20240229);
  std::map<std::string, std::optional<std::string>> expected;
  std::uint32_t next = 0;
  std::size_t acknowledged = 0;

  for (int round = 0; round < rounds; ++round) {
    const auto done =
        run_and_kill(folder, next, round % 4 == 0 ? Kill::any_time : Kill::once_it_works,
                     std::chrono::microseconds(random() % 25'000));

    acknowledged += done.size();
    for (const std::uint32_t number : done) {
      const Step step(number);
      expected[step.object] = step.removes ? std::nullopt : std::optional(step.content());
    }
    // The one that was under way may have been done, or not.
    next += static_cast<std::uint32_t>(done.size());
    const Step under_way(next++);
    const auto store = open(folder);
    const auto container = must(store->create("c"));
    const auto found = content_of(*container, under_way.object);
    if (found == (under_way.removes ? std::nullopt : std::optional(under_way.content())))
      expected[under_way.object] = found;

    std::vector<std::string> names;
    for (const auto& [object, content] : expected) {
      ASSERT_EQ(content_of(*container, object), content) << "round " << round;
      if (content) names.push_back(object);
    }
    ASSERT_EQ(must(must(container->list())->next(1000)), names);
    ASSERT_TRUE(fs::is_empty(folder / ".tmp")) << "round " << round;
  }

  EXPECT_GE(acknowledged, rounds * 3u / 4);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace capstan::blobstore
