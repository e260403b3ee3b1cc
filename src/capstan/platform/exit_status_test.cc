#include <capstan/platform/exit_status.h>

#include <gtest/gtest.h>

namespace capstan::platform {
namespace {

TEST(ExitStatus, IsTheGuestsOwnCodeWhenItExits) {
  EXPECT_EQ(exit_status(Error(ErrorCode::exit, "exit").set_exit_status(42)), 42);
}

TEST(ExitStatus, TellsKindsOfFailureApart) {
  EXPECT_EQ(exit_status(Error(ErrorCode::invalid_argument, "")), 2);
  EXPECT_EQ(exit_status(Error(ErrorCode::io, "")), 2);
  EXPECT_EQ(exit_status(Error(ErrorCode::not_loadable, "")), 3);
  EXPECT_EQ(exit_status(Error(ErrorCode::not_linkable, "")), 3);
  EXPECT_EQ(exit_status(Error(ErrorCode::deadline, "")), 124);
  EXPECT_EQ(exit_status(Error(ErrorCode::fuel, "")), 124);
  EXPECT_EQ(exit_status(Error(ErrorCode::trap, "")), 134);
}

}  // namespace
}  // namespace capstan::platform
