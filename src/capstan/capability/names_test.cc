#include <capstan/capability/names.h>

#include <gmock/gmock.h>

namespace capstan::capability {
namespace {

TEST(Names, AnyNameLeadsToTheDefaultBackendInTheApplicationsNamespace) {
  const Names names({{.label = "", .namespace_ = "shop"}}, std::nullopt);

  const auto place = names.find("sessions");

  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->backend, 0u);
  EXPECT_EQ(place->name, "shop/sessions");
  EXPECT_EQ(names.as_given(place->backend, place->name), "sessions");
}

TEST(Names, ALabelLeadsToItsOwnBackend) {
  const Names names({{.label = "", .namespace_ = "shop"}, {.label = "cache", .namespace_ = ""}},
                    std::nullopt);

  EXPECT_EQ(names.find("cache")->backend, 1u);
  EXPECT_EQ(names.find("cache")->name, "cache");
  EXPECT_EQ(names.find("")->backend, 0u);
}

TEST(Names, OnlyListedNamesLeadSomewhere) {
  const Names names({{.label = "", .namespace_ = ""}, {.label = "cache", .namespace_ = ""}},
                    std::set<std::string, std::less<>>{"sessions"});

  EXPECT_TRUE(names.find("sessions").has_value());
  EXPECT_FALSE(names.find("cache").has_value());
  EXPECT_FALSE(names.find("").has_value());
}

}  // namespace
}  // namespace capstan::capability
