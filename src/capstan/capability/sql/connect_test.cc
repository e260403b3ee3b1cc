#include <capstan/capability/sql/connect.h>

#include <gmock/gmock.h>

namespace capstan::sql {
namespace {

std::string error_of(std::string_view address) {
  const auto options = sqlite_options(Url::parse(address).value());
  return options ? "it is right" : options.error().message();
}

TEST(SqlConnect, ReadsTheOptionsOfAFile) {
  const SqliteOptions options =
      sqlite_options(Url::parse("sqlite:data/a.db?busy=5s&time=1m&rows=10&result=1MiB&value=1kB&"
                                "bytes=1GiB&cache=2MiB&statements=7&connections=3&threads=2&"
                                "readonly=yes&sync=normal&memory=3MiB")
                         .value())
          .value();

  EXPECT_EQ(options.file, "data/a.db");
  EXPECT_TRUE(options.readonly);
  EXPECT_EQ(options.durability, Durability::process_end);
  EXPECT_EQ(options.busy_ms, 5000u);
  EXPECT_EQ(options.statement_ms, 60'000u);
  EXPECT_EQ(options.statement_bytes_max, 3u << 20);
  EXPECT_EQ(options.rows_max, 10u);
  EXPECT_EQ(options.result_bytes_max, 1u << 20);
  EXPECT_EQ(options.value_bytes_max, 1000u);
  EXPECT_EQ(options.database_bytes_max, 1u << 30);
  EXPECT_EQ(options.cache_bytes, 2u << 20);
  EXPECT_EQ(options.statements, 7u);
  EXPECT_EQ(options.connections, 3u);
  EXPECT_EQ(options.threads, 2u);
}

TEST(SqlConnect, KeepsFilesOfAnySizeOnTheDiskAndBoundsMemory) {
  const SqliteOptions file = sqlite_options(Url::parse("sqlite:a.db").value()).value();
  const SqliteOptions memory = sqlite_options(Url::parse("memory").value()).value();

  EXPECT_EQ(file.database_bytes_max, 0u);
  EXPECT_EQ(file.durability, Durability::power_loss);
  EXPECT_TRUE(memory.file.empty());
  EXPECT_EQ(memory.database_bytes_max, std::uint64_t{256} << 20);
}

TEST(SqlConnect, RefusesOptionsThatAreNone) {
  EXPECT_THAT(error_of("memory?readonly=yes"), testing::HasSubstr("readonly"));
  EXPECT_THAT(error_of("sqlite:a.db?databases=1"), testing::HasSubstr("databases"));
  EXPECT_THAT(error_of("sqlite:a.db?sync=maybe"),
              testing::HasSubstr("is 'maybe': it can be full, normal"));
  EXPECT_THAT(error_of("sqlite::memory:"), testing::HasSubstr("write memory"));
  EXPECT_THAT(error_of("postgres:a"), testing::HasSubstr("no backend 'postgres'"));
}

TEST(SqlConnect, UnderstandsWhatTheEnvironmentSays) {
  EXPECT_EQ(database_url("").value().scheme, "memory");
  EXPECT_EQ(database_url(":memory:").value().scheme, "memory");
  EXPECT_EQ(database_url("memory?bytes=1MiB").value().options.size(), 1u);
  EXPECT_EQ(database_url("data/app.db").value().rest, "data/app.db");
  EXPECT_EQ(database_url("sqlite:app.db?readonly=yes").value().rest, "app.db");
}

}  // namespace
}  // namespace capstan::sql
