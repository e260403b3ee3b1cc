// Configuration values as components read them, in every dialect.
#include <capstan/capability/config/bind.h>
#include <capstan/capability/config/config.h>
#include <capstan/host/engine.h>
#include <capstan/host/instance.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include <gtest/gtest.h>

#include <string>

namespace capstan::config {
namespace {

std::string call(const char* path, const std::shared_ptr<Source>& source, std::string_view name,
                 std::string_view arguments) {
  Engine engine = Engine::create({.cache = false}).value();
  Linker<> linker(engine);
  EXPECT_TRUE(config::bind(linker, source).has_value());
  const auto prepared = linker.prepare(engine.load_file(path).value()).value();
  capstan::Store<> store;
  const Instance instance = prepared.instantiate(store).value();
  auto result = instance.invoke("", name, arguments);
  return result ? *std::move(result) : result.error().message();
}

// A source that cannot be reached.
class Broken final : public Source {
 public:
  explicit Broken(ErrorKind kind) : kind_(kind) {}
  Outcome<std::optional<std::string>> get(std::string_view) override {
    return std::unexpected(Error{kind_, "why"});
  }
  Outcome<Values> all() override { return std::unexpected(Error{kind_, "why"}); }

 private:
  ErrorKind kind_;
};

class ConfigOfComponents : public testing::TestWithParam<const char*> {
 protected:
  std::string look(const std::shared_ptr<Source>& source, std::string_view key) {
    return call(CAPSTAN_CONFIG_GUEST, source, "look",
                std::string(GetParam()) + ", \"" + std::string(key) + "\"");
  }
  std::string everything(const std::shared_ptr<Source>& source) {
    return call(CAPSTAN_CONFIG_GUEST, source, "everything", GetParam());
  }
};
// 0 is store@0.2.0-rc.1, 1 store@0.2.0-draft, 2 runtime@0.2.0-draft.
INSTANTIATE_TEST_SUITE_P(Dialect, ConfigOfComponents, testing::Values("0", "1", "2"),
                         [](const auto& of) { return std::string(of.param); });

TEST_P(ConfigOfComponents, GivesValuesAndNothing) {
  const auto source = connect_with(FixedOptions{{{"a", "über"}}}).value();

  EXPECT_EQ(look(source, "a"), R"(ok(some("über")))");
  EXPECT_EQ(look(source, "b"), "ok(none)");
}

TEST_P(ConfigOfComponents, ListsValuesSorted) {
  const auto source = connect_with(FixedOptions{{{"b", "1"}, {"a", ""}, {"B", "2"}}}).value();

  EXPECT_EQ(everything(source), R"(ok([("B", "2"), ("a", ""), ("b", "1")]))");
}

TEST_P(ConfigOfComponents, ErrorsAreValuesOfTheInterface) {
  EXPECT_EQ(look(std::make_shared<Broken>(ErrorKind::upstream), "a"), R"(err("upstream: why"))");
  EXPECT_EQ(everything(std::make_shared<Broken>(ErrorKind::io)), R"(err("io: why"))");
}

TEST(ConfigOfAsyncComponents, GivesValues) {
  const auto source = connect_with(FixedOptions{{{"a", "1"}}}).value();

  EXPECT_EQ(call(CAPSTAN_CONFIG_ASYNC, source, "look", R"("a")"), R"(ok(some("1")))");
  EXPECT_EQ(call(CAPSTAN_CONFIG_ASYNC, source, "look", R"("b")"), "ok(none)");
  EXPECT_EQ(call(CAPSTAN_CONFIG_ASYNC, std::make_shared<Broken>(ErrorKind::io), "look", R"("b")"),
            R"(err("why"))");
}

}  // namespace
}  // namespace capstan::config
