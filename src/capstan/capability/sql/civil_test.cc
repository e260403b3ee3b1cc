#include <capstan/capability/sql/civil.h>

#include <gtest/gtest.h>

namespace capstan::sql {
namespace {

TEST(SqlCivil, TakesDaysThatExist) {
  for (const char* text : {"2026-02-28", "2024-02-29", "0001-01-01", "9999-12-31"})
    EXPECT_TRUE(is_civil(Type::date, text)) << text;
  for (const char* text : {"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-1-1", "20260101",
                           "2026-01-01 ", "0000-01-01", "2026-01-01T00:00:00", "+026-01-01"})
    EXPECT_FALSE(is_civil(Type::date, text)) << text;
}

TEST(SqlCivil, TakesTimes) {
  for (const char* text : {"00:00:00", "23:59:59", "12:30", "23:59:59.1", "00:00:00.123456789"})
    EXPECT_TRUE(is_civil(Type::time, text)) << text;
  for (const char* text : {"", "24:00:00", "12:60:00", "12:30:60", "1:2:3", "12:30:00.",
                           "12:30:00.1234567890", "12:30:00Z", "12:30.5"})
    EXPECT_FALSE(is_civil(Type::time, text)) << text;
}

TEST(SqlCivil, TakesTimestampsWithAndWithoutOffset) {
  for (const char* text :
       {"2026-02-28T23:59:59Z", "2026-02-28 23:59:59", "2026-02-28T23:59:59.5+02:00",
        "2026-02-28T23:59:59-0330", "2026-02-28T23:59"})
    EXPECT_TRUE(is_civil(Type::timestamp, text)) << text;
  for (const char* text : {"", "2026-02-28", "2026-02-30T00:00:00Z", "2026-02-28T23:59:59+2",
                           "2026-02-28T23:59:59ZZ", "2026-02-28  23:59:59", "23:59:59"})
    EXPECT_FALSE(is_civil(Type::timestamp, text)) << text;
}

TEST(SqlCivil, TranslatesFromTheFormatThatIsSentAlong) {
  EXPECT_EQ(civil_from(Type::date, "28.02.2026", "%d.%m.%Y").value(), "2026-02-28");
  EXPECT_EQ(civil_from(Type::date, "2026-02-28", "%F").value(), "2026-02-28");
  EXPECT_EQ(civil_from(Type::date, "2026-02-28", "").value(), "2026-02-28");
  EXPECT_EQ(civil_from(Type::time, "235959", "%H%M%S").value(), "23:59:59");
  EXPECT_EQ(civil_from(Type::time, "23:59:59.25", "%T%.f").value(), "23:59:59.25");
  EXPECT_EQ(civil_from(Type::timestamp, "2026-02-28 23:59:59", "%Y-%m-%d %H:%M:%S").value(),
            "2026-02-28T23:59:59");
  EXPECT_EQ(civil_from(Type::timestamp, "28/02/2026 23:59 +0200", "%d/%m/%Y %R %z").value(),
            "2026-02-28T23:59:00+02:00");
  EXPECT_EQ(civil_from(Type::date, "100% 2026-02-28", "100%% %F").value(), "2026-02-28");
}

TEST(SqlCivil, RefusesWhatIsNotInItsFormatWithoutRepeatingIt) {
  EXPECT_EQ(civil_from(Type::date, "secret", "%Y-%m-%d").error().message(),
            "date: is not in its format");
  EXPECT_EQ(civil_from(Type::date, "2026-02-28x", "%Y-%m-%d").error().message(),
            "date: is not in its format");
  EXPECT_EQ(civil_from(Type::time, "secret", "").error().message(),
            "a time is written like 23:59:59.5");
  EXPECT_EQ(civil_from(Type::date, "2026", "%Y").error().message(),
            "a date has a format that leaves parts of it out, or there is no such day");
  EXPECT_EQ(civil_from(Type::date, "2026-02-30", "%F").error().message(),
            "a date has a format that leaves parts of it out, or there is no such day");
  EXPECT_EQ(civil_from(Type::date, "1", "%q").error().message(),
            "date: has a format with '%q', which is none of "
            "%Y %m %d %F %H %M %S %R %T %f %.f %z %:z");
  EXPECT_FALSE(civil_from(Type::date, "1", "%").has_value());
  EXPECT_FALSE(civil_from(Type::date, "1", std::string(65, 'x')).has_value());
}

TEST(SqlCivil, NamesAFormatThatReadsTheSameTextBack) {
  for (const char* text : {"2026-02-28T23:59:59Z", "2026-02-28 23:59:59",
                           "2026-02-28T23:59:59.5+02:00", "2026-02-28T23:59"}) {
    ASSERT_TRUE(is_civil(Type::timestamp, text));
    EXPECT_TRUE(civil_from(Type::timestamp, text, civil_format(Type::timestamp, text))) << text;
  }
  EXPECT_EQ(civil_format(Type::timestamp, "2026-02-28T23:59:59.5+02:00"),
            "%Y-%m-%dT%H:%M:%S%.f%:z");
  EXPECT_EQ(civil_format(Type::time, "23:59:59"), "%H:%M:%S");
  EXPECT_EQ(civil_format(Type::date, "2026-02-28"), "%Y-%m-%d");
}

}  // namespace
}  // namespace capstan::sql
