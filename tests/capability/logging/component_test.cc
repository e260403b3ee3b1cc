// Log messages as a component sends them.
#include <capstan/capability/logging/bind.h>
#include <capstan/capability/logging/sink.h>
#include <capstan/host/engine.h>
#include <capstan/host/instance.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace capstan::logging {
namespace {

using testing::ElementsAre;

// Keeps what it is told.
class Heard final : public Log {
 public:
  void log(Level level, std::string_view context, std::string_view message) override {
    messages.emplace_back(level, context, message);
  }
  std::vector<std::tuple<Level, std::string, std::string>> messages;
};

TEST(LoggingOfComponents, HandsOverEveryLevelWithItsTexts) {
  Engine engine = Engine::create({.cache = false}).value();
  Linker<> linker(engine);
  const auto heard = std::make_shared<Heard>();
  ASSERT_TRUE(logging::bind(linker, heard).has_value());
  const auto prepared = linker.prepare(engine.load_file(CAPSTAN_LOGGING_GUEST).value()).value();
  capstan::Store<> store;
  const Instance guest = prepared.instantiate(store).value();

  for (const char* call : {R"(0, "a", "0")", R"(1, "b", "1")", R"(2, "c", "2")", R"(3, "d", "3")",
                           R"(4, "", "über\n")", R"(5, "f", "")"})
    EXPECT_TRUE(guest.invoke("", "say", call).has_value()) << call;

  EXPECT_THAT(
      heard->messages,
      ElementsAre(std::tuple(Level::trace, "a", "0"), std::tuple(Level::debug, "b", "1"),
                  std::tuple(Level::info, "c", "2"), std::tuple(Level::warn, "d", "3"),
                  std::tuple(Level::error, "", "über\n"), std::tuple(Level::critical, "f", "")));
}

TEST(LoggingOfComponents, ALevelThatDoesNotExistEndsTheGuestAndNotTheHost) {
  Engine engine = Engine::create({.cache = false}).value();
  Linker<> linker(engine);
  const auto heard = std::make_shared<Heard>();
  ASSERT_TRUE(logging::bind(linker, heard).has_value());
  const auto prepared = linker.prepare(engine.load_file(CAPSTAN_LOGGING_GUEST).value()).value();
  capstan::Store<> store;
  const Instance guest = prepared.instantiate(store).value();

  EXPECT_FALSE(guest.invoke("", "say", R"(6, "a", "b")").has_value());
  EXPECT_TRUE(heard->messages.empty());
}

}  // namespace
}  // namespace capstan::logging
