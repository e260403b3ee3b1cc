#include <capstan/backend/redis/redis.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace capstan::redis {
namespace {

// Sets a variable of the environment for one test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

Result<Options> parsed(std::string_view text) { return options_from(Url::parse(text).value()); }
std::string refusal(std::string_view text) {
  const auto options = parsed(text);
  return options ? "accepted" : options.error().message();
}

TEST(RedisOptions, AUrlSaysEverything) {
  const auto options =
      parsed(
          "rediss://me:se%3Acret@cache:7000/3?timeout=2s&connections=4&in-flight=64&"
          "max-retries=0&max-delay=5s&connect=eager&counters=decimal&repeat-sets=no&ca=a.crt&"
          "cert=c.crt&key=c.key&insecure=yes")
          .value();

  EXPECT_EQ(options.host, "cache");
  EXPECT_EQ(options.port, 7000);
  EXPECT_EQ(options.user, "me");
  EXPECT_EQ(options.password, "se:cret");
  EXPECT_EQ(options.database, 3U);
  EXPECT_EQ(options.timeout.count(), 2000);
  EXPECT_EQ(options.connections, 4U);
  EXPECT_EQ(options.in_flight, 64U);
  EXPECT_EQ(options.max_retries, 0U);
  EXPECT_EQ(options.max_delay.count(), 5000);
  EXPECT_EQ(options.connect, Options::Connect::eager);
  EXPECT_EQ(options.counters, Options::Counters::decimal);
  EXPECT_EQ(options.sets, Options::Sets::once);
  EXPECT_TRUE(options.tls.on);
  EXPECT_EQ(options.tls.ca_file, "a.crt");
  EXPECT_EQ(options.tls.certificate_file, "c.crt");
  EXPECT_EQ(options.tls.key_file, "c.key");
  EXPECT_TRUE(options.tls.insecure);
}

TEST(RedisOptions, ServersAreNotBelievedUnlessThatIsSpelledOut) {
  EXPECT_FALSE(parsed("rediss://cache").value().tls.insecure);
  EXPECT_FALSE(parsed("redis://cache").value().tls.on);
}

TEST(RedisOptions, TheUrlGoesBeforeTheEnvironment) {
  const Variable retries("REDIS_MAX_RETRIES", "7");
  const Variable delay("REDIS_MAX_DELAY", "250");

  EXPECT_EQ(parsed("redis://cache").value().max_retries, 7U);
  EXPECT_EQ(parsed("redis://cache").value().max_delay.count(), 250);
  EXPECT_EQ(parsed("redis://cache?max-retries=1").value().max_retries, 1U);
}

TEST(RedisOptions, WithoutAPlaceTheEnvironmentNamesIt) {
  EXPECT_EQ(parsed("redis").value().host, "localhost");

  const Variable url("REDIS_URL", "redis://cache:7000/1?timeout=1s");
  const auto options = parsed("redis?connections=2").value();

  EXPECT_EQ(options.host, "cache");
  EXPECT_EQ(options.database, 1U);
  EXPECT_EQ(options.timeout.count(), 1000);
  EXPECT_EQ(options.connections, 2U);
}

TEST(RedisOptions, SaysWhatIsWrongWithoutThePassword) {
  EXPECT_EQ(refusal("redis://:hush@cache/x"),
            "'redis://:***@cache/x': the database is 'x': write a number from 0 to 65535");
  EXPECT_EQ(refusal("redis://me@cache"),
            "'redis://me@cache' has a user without a password: write //USER:PASSWORD@HOST");
  EXPECT_EQ(refusal("redis://cache?timeot=1s"),
            "'redis://cache?timeot=1s': the backend 'redis' has no option 'timeot': did you mean "
            "'timeout'?");
  EXPECT_EQ(refusal("redis://cache?connect=now"),
            "'redis://cache?connect=now': connect: 'now' is not understood: write lazy or eager");
  EXPECT_EQ(refusal("redis://cache?insecure=yes"),
            "'redis://cache?insecure=yes' has options of TLS: write rediss:// to use it");
  EXPECT_EQ(refusal("rediss://cache?cert=a"),
            "'rediss://cache?cert=a': cert and key go together: give both or none");

  const Variable retries("REDIS_MAX_RETRIES", "many");
  EXPECT_EQ(refusal("redis://cache"), "REDIS_MAX_RETRIES is 'many': write a number from 0 to 1000");
}

}  // namespace
}  // namespace capstan::redis
