#include <capstan/capability/logging/logging.h>

#include <capstan/capability/logging/connect.h>
#include <capstan/capability/logging/format.h>
#include <capstan/capability/logging/sink.h>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace capstan::logging {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time noon = Time(seconds(1'795'608'000) + milliseconds(7));

// A pipe: what is written to one end is read from the other.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_, O_NONBLOCK), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  [[nodiscard]] int input() const { return ends_[1]; }
  [[nodiscard]] std::string read() const {
    std::string text(60'000, '\0');
    const ssize_t size = ::read(ends_[0], text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::string human(std::string_view context, std::string_view text, LineStyle style = {}) {
  return format_line(
      style, {.level = Level::info, .component = "shop", .context = context, .text = text}, noon);
}
std::string json(std::string_view context, std::string_view text, std::size_t bytes_max = 100) {
  return human(context, text, {.format = Format::json, .message_bytes_max = bytes_max});
}
std::string refused(std::string_view address) {
  const auto sink = connect(Url::parse(address).value());
  return sink ? "accepted" : sink.error().message();
}

TEST(LogLine, HasLevelAndContext) {
  EXPECT_EQ(human("I/O", "res from guest: world"), "Level::Info I/O: res from guest: world\n");
  EXPECT_EQ(
      format_line({}, {.level = Level::critical, .component = "", .context = "", .text = ""}, noon),
      "Level::Critical : \n");
}

TEST(LogLine, HasTimeAndComponentOnRequest) {
  EXPECT_EQ(human("a", "b", {.timestamps = true, .components = true}),
            "2026-11-25T12:00:00.007Z [shop] Level::Info a: b\n");
}

TEST(LogLine, CannotBeForged) {
  EXPECT_EQ(human("a\nb", "one\nLevel::Error x: two\r\n\x1b[2Jthree\u202e"),
            "Level::Info a\\nb: one\\nLevel::Error x: two\\r\\n\\x1b[2Jthree\\u{202e}\n");
  EXPECT_EQ(json("a\n", "\x1b[2J\u009b\u202e\"\n"),
            R"({"time":"2026-11-25T12:00:00.007Z","level":"info","component":"shop",)"
            R"("context":"a\n","message":"\u001b[2J\u009b\u202e\"\n"})"
            "\n");
}

TEST(LogLine, IsCutWhereItIsTooLong) {
  EXPECT_EQ(human("a", "abcdef", {.message_bytes_max = 6}), "Level::Info a: abcdef\n");
  EXPECT_EQ(human("a", "abcdefg", {.message_bytes_max = 6}),
            "Level::Info a: abcdef... (1 more bytes)\n");
  EXPECT_EQ(human("a", "abcdeü", {.message_bytes_max = 6}),
            "Level::Info a: abcde... (2 more bytes)\n");
  EXPECT_EQ(human(std::string(300, 'c'), ""), "Level::Info " + std::string(256, 'c') + "...: \n");
  EXPECT_NE(json("a", std::string(101, 'x')).find(R"(xx","bytes_cut":1})"), std::string::npos);
}

TEST(LogSink, WritesEachMessageToTheDescriptor) {
  const Pipe pipe;
  const auto log = make_stream_sink(pipe.input(), {})->log_of("shop");

  log->log(Level::warn, "a", "one");
  log->log(Level::error, "b", "two");

  EXPECT_EQ(pipe.read(), "Level::Warn a: one\nLevel::Error b: two\n");
}

TEST(LogSink, DropsWhatIsLessImportant) {
  const Pipe pipe;
  const auto log = make_stream_sink(pipe.input(), {.least = Level::warn})->log_of("shop");

  log->log(Level::info, "a", "one");
  log->log(Level::warn, "a", "two");

  EXPECT_EQ(pipe.read(), "Level::Warn a: two\n");
}

TEST(LogSink, NamesComponentsWhenThereAreSeveral) {
  const Pipe pipe;
  const auto sink = make_stream_sink(pipe.input(), {});
  const auto shop = sink->log_of("shop");
  const auto cart = sink->log_of("cart\n");

  shop->log(Level::warn, "a", "one");
  cart->log(Level::warn, "a", "two");

  EXPECT_EQ(pipe.read(), "[shop] Level::Warn a: one\n[cart\\n] Level::Warn a: two\n");
}

TEST(LogSink, CountsWhatIsTooMuchForASecond) {
  const Pipe pipe;
  Time now = noon;
  auto sink =
      make_stream_sink(pipe.input(), {.lines_per_second = 2, .now = [&now] { return now; }});
  auto log = sink->log_of("shop");
  for (const char* text : {"1", "2", "3", "4"}) log->log(Level::info, "a", text);
  EXPECT_EQ(pipe.read(), "Level::Info a: 1\nLevel::Info a: 2\n");

  now += seconds(1);
  log->log(Level::info, "a", "5");
  EXPECT_EQ(pipe.read(),
            "capstan: 2 log messages were dropped: there were more than 2 a second\n"
            "Level::Info a: 5\n");

  for (const char* text : {"6", "7"}) log->log(Level::info, "a", text);
  log.reset();
  sink.reset();
  EXPECT_EQ(pipe.read(),
            "Level::Info a: 6\n"
            "capstan: 1 log message was dropped: there were more than 2 a second\n");
}

TEST(LogSink, ReportsDroppedMessagesInJsonWithoutAComponent) {
  EXPECT_EQ(format_dropped({.format = Format::json}, 3, 2, noon),
            R"({"time":"2026-11-25T12:00:00.007Z","level":"warn","messages_dropped":3,)"
            R"("message":"3 log messages were dropped: there were more than 2 a second"})"
            "\n");
}

TEST(LogSink, LosesAMessageThatCannotBeWritten) {
  const auto log = make_stream_sink(-1, {})->log_of("shop");

  log->log(Level::warn, "a", "nobody hears this");
}

TEST(LogSink, AppendsToAPrivateFile) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("capstan-log-" + std::to_string(::getpid()) + ".txt");
  const Url url = Url::parse("file:" + path.string() + "?level=info").value();
  for (const char* text : {"one", "two"}) {
    const auto log = connect(url).value()->log_of("shop");
    log->log(Level::info, "a", text);
    log->log(Level::debug, "a", "not this");
  }

  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, "Level::Info a: one\nLevel::Info a: two\n");
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  std::filesystem::remove(path);
}

TEST(LogSink, KeepsLinesOfThreadsApart) {
  const Pipe pipe;
  const auto sink = make_stream_sink(pipe.input(), {});
  const auto log = sink->log_of("shop");
  const std::string letters = "abcd";
  std::vector<std::thread> threads;
  for (const char letter : letters)
    threads.emplace_back([&log, letter] {
      for (int i = 0; i < 20; ++i) log->log(Level::info, "t", std::string(500, letter));
    });
  for (std::thread& thread : threads) thread.join();

  const std::string text = pipe.read();
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    EXPECT_EQ(line, "Level::Info t: " + std::string(500, line.back()));
    at += line.size() + 1;
  }
  EXPECT_EQ(lines, 80U);
}

TEST(LogAddress, SaysWhatIsWrong) {
  EXPECT_EQ(refused("stderr?level=loud"),
            "'stderr?level=loud': level: 'loud' is no level: write trace, debug, info, warn, "
            "error, critical");
  EXPECT_EQ(refused("stderr?format=xml"),
            "'stderr?format=xml': format: 'xml' is no format: write human or json");
  EXPECT_EQ(refused("stderr?fromat=json"),
            "'stderr?fromat=json': the backend 'stderr' has no option 'fromat': did you mean "
            "'format'?");
  EXPECT_EQ(refused("none?level=info"),
            "'none?level=info': the backend 'none' has no option 'level': it takes none");
  EXPECT_EQ(refused("file:/no/such/folder/x.log"),
            "cannot write the log '/no/such/folder/x.log': No such file or directory");
  EXPECT_EQ(refused("stderr?timestamps=yes&format=json&level=critical"), "accepted");
}

}  // namespace
}  // namespace capstan::logging
