#include <capstan/platform/process.h>

#include <gtest/gtest.h>

namespace capstan::platform {
namespace {

TEST(CommandLine, IsQuotedWhereAShellWouldTakeItApart) {
  EXPECT_EQ(quoted({"clang", "-DNAME=1", "a b", "it's", ""}), "clang -DNAME=1 'a b' 'it'\\''s' ''");
}

TEST(Process, GivesWhatWasSaidAndTheStatus) {
  const auto result = run_process({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->output, "out\nerr\n");
  EXPECT_EQ(result->exit_status, 3);
}

TEST(Process, ASignalIsAStatus) {
  const auto result = run_process({"/bin/sh", "-c", "kill -TERM $$"});

  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->exit_status, 128 + 15);
}

TEST(Process, AProgramThatIsNotThereIsAnError) {
  EXPECT_EQ(run_process({"/no/such/program"}).error().message(),
            "cannot start '/no/such/program': No such file or directory");
}

TEST(Process, SeveralGiveTheirResultsInOrder) {
  std::vector<CommandLine> commands;
  for (int i = 0; i < 8; ++i) commands.push_back({"/bin/sh", "-c", "exit " + std::to_string(i)});

  const auto results = run_processes(commands);

  ASSERT_EQ(results.size(), 8U);
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(results[static_cast<std::size_t>(i)]);
    EXPECT_EQ(results[static_cast<std::size_t>(i)]->exit_status, i);
  }
}

}  // namespace
}  // namespace capstan::platform
