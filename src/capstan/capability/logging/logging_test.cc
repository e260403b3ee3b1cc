#include <capstan/capability/logging/logging.h>

#include <gtest/gtest.h>

#include <unistd.h>

namespace capstan::logging {
namespace {

TEST(Logging, FormatsALineWithLevelAndContext) {
  EXPECT_EQ(format_line(Level::info, "I/O", "res from guest: world"),
            "Level::Info I/O: res from guest: world\n");
  EXPECT_EQ(format_line(Level::critical, "", ""), "Level::Critical : \n");
}

TEST(Logging, WritesEachMessageToTheDescriptor) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto log = make_stream_log(ends[1]);

  log->log(Level::warn, "a", "one");
  log->log(Level::error, "b", "two");

  char buffer[100] = {};
  EXPECT_GT(read(ends[0], buffer, sizeof buffer - 1), 0);
  EXPECT_STREQ(buffer, "Level::Warn a: one\nLevel::Error b: two\n");
  close(ends[0]);
  close(ends[1]);
}

TEST(Logging, LosesAMessageThatCannotBeWritten) {
  const auto log = make_stream_log(-1);

  log->log(Level::warn, "a", "nobody hears this");
}

}  // namespace
}  // namespace capstan::logging
