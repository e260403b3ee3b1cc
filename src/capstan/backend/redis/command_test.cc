#include <capstan/backend/redis/command.h>

#include <gtest/gtest.h>

namespace capstan::redis {
namespace {

TEST(RedisCommand, IsWrittenAsTheProtocolWantsIt) {
  using namespace std::string_view_literals;
  const Command command = Command(service::Effect::repeatable, 3)
                              .add("SET")
                              .add("a\0b"sv)
                              .add(Bytes::copy_of("\r\n"sv));

  EXPECT_EQ(command.wire(), "*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$2\r\n\r\n\r\n"sv);
  EXPECT_TRUE(command.complete());
  EXPECT_EQ(command.effect(), service::Effect::repeatable);
}

TEST(RedisCommand, NumbersAreWords) {
  EXPECT_EQ(Command(service::Effect::once, 1).add(std::int64_t{-12}).wire(), "*1\r\n$3\r\n-12\r\n");
}

}  // namespace
}  // namespace capstan::redis
