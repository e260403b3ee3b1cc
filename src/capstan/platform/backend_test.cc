#include <capstan/platform/backend.h>

#include <gtest/gtest.h>

namespace capstan::platform {
namespace {

std::string refusal(std::string_view text) {
  const auto parsed = parse_backend(text);
  return parsed ? "accepted" : parsed.error().message();
}

TEST(Backend, ReadsCapabilityLabelAndUrl) {
  const auto plain = parse_backend("keyvalue=memory").value();
  EXPECT_EQ(plain.capability, "keyvalue");
  EXPECT_EQ(plain.label, "");
  EXPECT_EQ(plain.url.scheme, "memory");
  EXPECT_FALSE(plain.shared);

  const auto labelled = parse_backend("keyvalue:sessions=memory").value();
  EXPECT_EQ(labelled.label, "sessions");
}

TEST(Backend, SharingIsNoBusinessOfTheBackend) {
  const auto choice = parse_backend("keyvalue=memory?shared=yes&bytes=1MiB").value();

  EXPECT_TRUE(choice.shared);
  EXPECT_EQ(choice.url.shown(), "memory?bytes=1MiB");
}

TEST(Backend, SaysWhatIsWrongWithAChoice) {
  EXPECT_EQ(refusal("keyvalue"),
            "'keyvalue' has no '=': write CAPABILITY=URL, such as keyvalue=memory");
  EXPECT_EQ(refusal("keyvalu=memory"),
            "there is no capability 'keyvalu', did you mean 'keyvalue'?");
  EXPECT_EQ(refusal("teapot=memory"),
            "there is no capability 'teapot': there are config, keyvalue, logging, messaging");
  EXPECT_EQ(refusal("=memory"),
            "there is no capability '': there are config, keyvalue, logging, messaging");
  EXPECT_EQ(refusal("keyvalue="), "'keyvalue=' names no backend: keyvalue can be memory, sqlite");
  EXPECT_EQ(refusal("keyvalue:=memory"),
            "'keyvalue:=memory' has an empty label: leave the ':' out");
  EXPECT_EQ(
      refusal("logging:app=stderr"),
      "'logging:app=stderr' has a label, but there is one logging only: write logging=stderr");
  EXPECT_EQ(refusal("keyvalue=memroy"), "keyvalue has no backend 'memroy', did you mean 'memory'?");
  EXPECT_EQ(refusal("logging=redis://cache"),
            "logging has no backend 'redis': it can be stderr, none");
  EXPECT_EQ(refusal("keyvalue=memory://big"),
            "'memory://big' is more than a name, but the backend 'memory' takes nothing else: "
            "write keyvalue=memory");
}

TEST(Backend, RefusesTwoChoicesForOneLabel) {
  const std::vector<BackendChoice> twice = {parse_backend("logging=stderr").value(),
                                            parse_backend("logging=none").value()};
  const std::vector<BackendChoice> labels = {parse_backend("keyvalue:a=memory").value(),
                                             parse_backend("keyvalue:a=memory").value()};
  const std::vector<BackendChoice> apart = {parse_backend("keyvalue:a=memory").value(),
                                            parse_backend("keyvalue=memory").value()};

  EXPECT_EQ(check_backends(twice).error().message(),
            "logging has two backends, 'stderr' and 'none': choose one");
  EXPECT_EQ(check_backends(labels).error().message(),
            "keyvalue:a has two backends, 'memory' and 'memory': choose one");
  EXPECT_TRUE(check_backends(apart).has_value());
}

TEST(Backend, PrefersTheLabelsOwnThenTheCapabilitysThenTheDefault) {
  const std::vector<BackendChoice> choices = {
      {.capability = "keyvalue", .label = "a", .url = Url::parse("x:1").value()},
      {.capability = "keyvalue", .label = "", .url = Url::parse("y:2").value()}};

  EXPECT_EQ(backend_for(choices, "keyvalue", "a").url.rest, "1");
  EXPECT_EQ(backend_for(choices, "keyvalue", "b").url.rest, "2");
  EXPECT_EQ(backend_for(choices, "logging", "").url.scheme, "stderr");
}

}  // namespace
}  // namespace capstan::platform
