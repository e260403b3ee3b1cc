#include <capstan/base/version.h>
#include <gtest/gtest.h>

namespace capstan {

TEST(Version, IsThreeNumbers) { EXPECT_EQ(version(), "0.1.0"); }

}  // namespace capstan
