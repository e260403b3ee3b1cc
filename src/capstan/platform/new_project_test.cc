#include <capstan/platform/new_project.h>

#include <gmock/gmock.h>

namespace capstan::platform {
namespace {

using testing::HasSubstr;

std::string refusal(std::string_view name) {
  const auto checked = check_project_name(name);
  return checked ? "" : checked.error().message();
}

TEST(ProjectName, WordsWithDashesAreGood) {
  for (const char* name : {"a", "hello", "my-first-tool", "web2", "string2", "my-class"}) {
    EXPECT_EQ(refusal(name), "") << name;
  }
}

TEST(ProjectName, ARefusalNamesAGoodOne) {
  EXPECT_THAT(refusal("My Host"), HasSubstr("such as 'my-host'"));
  EXPECT_THAT(refusal("-a"), HasSubstr("such as 'a'"));
  EXPECT_THAT(refusal("a-"), HasSubstr("such as 'a'"));
  EXPECT_THAT(refusal("a--b"), HasSubstr("such as 'a-b'"));
  EXPECT_THAT(refusal("a-1"), HasSubstr("such as 'a'"));
  EXPECT_THAT(refusal("../"), HasSubstr("such as 'my-project'"));
  EXPECT_THAT(refusal(""), HasSubstr("such as 'my-project'"));
  EXPECT_THAT(refusal(std::string_view("a\0b", 3)), HasSubstr("such as 'a-b'"));
}

TEST(ProjectName, HasALimit) {
  EXPECT_EQ(refusal(std::string(64, 'a')), "");
  EXPECT_THAT(refusal(std::string(65, 'a')), HasSubstr("at most 64 characters"));
}

TEST(ProjectName, WordsOfTheLanguagesAreRefused) {
  EXPECT_THAT(refusal("namespace"), HasSubstr("such as 'my-namespace'"));
  EXPECT_THAT(refusal("list"), HasSubstr("such as 'my-list'"));
}

}  // namespace
}  // namespace capstan::platform
