#include <capstan/platform/manifest.h>

#include <gtest/gtest.h>

namespace capstan::platform {
namespace {

Result<Manifest> parse(std::string_view text) {
  return parse_manifest(text, "capstan.toml", "app");
}
std::string refusal(std::string_view text) {
  const auto parsed = parse(text);
  return parsed ? "accepted" : parsed.error().message();
}

TEST(Manifest, ReadsTheComponentAndNamesItAfterItsFile) {
  const auto manifest = parse("[component]\nsource = \"bin/a.wasm\"\n").value();

  EXPECT_EQ(manifest.name, "a.wasm");
  EXPECT_EQ(manifest.source, "app/bin/a.wasm");
}

TEST(Manifest, ReadsEveryOptionOfRun) {
  const auto manifest = parse(R"(
[component]
name = "greeter"
source = "/opt/a.wasm"

[run]
args = ["--verbose", "x"]
dirs = ["data::/data,rw", "/etc"]
env = ["MODE=test"]
inherit-env = true
allow-net = ["example.org:443"]
inherit-network = false
backends = ["logging=none"]
host-bundles = ["bundles/one"]
host-config = "hosts.toml"
timeout = "2s"
fuel = 1000
max-memory = "64MiB"
max-handles = 10

[run.config]
greeting = "hello"
level = 3
)")
                            .value();

  EXPECT_EQ(manifest.name, "greeter");
  EXPECT_EQ(manifest.source, "/opt/a.wasm");
  const RunSettings& run = manifest.run;
  EXPECT_EQ(run.arguments, (std::vector<std::string>{"--verbose", "x"}));
  ASSERT_EQ(run.directories.size(), 2u);
  EXPECT_EQ(run.directories[0].host, "app/data");
  EXPECT_EQ(run.directories[0].guest, "/data");
  EXPECT_EQ(run.directories[0].access, wasi::Access::read_write);
  EXPECT_EQ(run.directories[1].host, "/etc");
  ASSERT_EQ(run.environment.size(), 1u);
  EXPECT_EQ(run.environment[0].second, "test");
  EXPECT_EQ(run.inherit_environment, true);
  EXPECT_EQ(run.allowed_addresses, std::vector<std::string>{"example.org:443"});
  EXPECT_EQ(run.inherit_network, false);
  ASSERT_EQ(run.backends.size(), 1u);
  EXPECT_EQ(run.backends[0].url.scheme, "none");
  EXPECT_EQ(run.host_bundles, std::vector<std::filesystem::path>{"app/bundles/one"});
  EXPECT_EQ(run.host_config, "app/hosts.toml");
  EXPECT_EQ(run.timeout_ms, 2000u);
  EXPECT_EQ(run.fuel, 1000u);
  EXPECT_EQ(run.memory_bytes, 64u << 20);
  EXPECT_EQ(run.handles, 10u);
  EXPECT_EQ(run.config, (std::vector<std::pair<std::string, std::string>>{{"greeting", "hello"},
                                                                          {"level", "3"}}));
}

TEST(Manifest, LeavesOpenWhatItDoesNotSay) {
  const RunSettings run = parse("[component]\nsource = \"a.wasm\"\n").value().run;

  EXPECT_FALSE(run.timeout_ms || run.fuel || run.memory_bytes || run.handles);
  EXPECT_FALSE(run.inherit_environment || run.inherit_network || run.host_config);
  EXPECT_TRUE(run.directories.empty());
}

TEST(Manifest, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(refusal("[component]\n"),
            "capstan.toml:1: the key 'source' in [component] is missing: add source = \"...\"");
  EXPECT_EQ(refusal(""), "capstan.toml: the key 'component' is missing: add the table [component]");
  EXPECT_EQ(refusal("[component]\nsource = \"\"\n"),
            "capstan.toml:2: 'source' is empty: name the component");
  EXPECT_EQ(refusal("[component]\nsource = \"a\"\n[run]\ntimout = \"2s\"\n"),
            "capstan.toml:4: unknown key 'timout', did you mean 'timeout'?");
  EXPECT_EQ(refusal("[component]\nsource = \"a\"\n[run]\ntimeout = \"2\"\n"),
            "capstan.toml:4: timeout: '2' is not understood: write a time with its unit, such as "
            "500ms, 2s or 1m");
  EXPECT_EQ(refusal("[component]\nsource = \"a\"\n[run]\nfuel = 0\n"),
            "capstan.toml:4: fuel: '0' is not understood: write a whole number from 1 to "
            "9223372036854775807");
}

TEST(Settings, LetTheCommandLineWin) {
  RunSettings file;
  file.environment = {{"A", "1"}, {"B", "2"}};
  file.directories = {{.host = "one", .guest = "/d"}, {.host = "two", .guest = "/e"}};
  file.timeout_ms = 1000;
  file.fuel = 5;
  file.inherit_network = true;
  file.arguments = {"x"};
  RunSettings flags;
  flags.environment = {{"B", "3"}};
  flags.directories = {{.host = "three", .guest = "/d"}};
  flags.timeout_ms = 2000;

  const RunSettings merged = merge(file, flags);

  EXPECT_EQ(merged.environment,
            (std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", "3"}}));
  ASSERT_EQ(merged.directories.size(), 2u);
  EXPECT_EQ(merged.directories[0].host, "two");
  EXPECT_EQ(merged.directories[1].host, "three");
  EXPECT_EQ(merged.timeout_ms, 2000u);
  EXPECT_EQ(merged.fuel, 5u);
  EXPECT_EQ(merged.inherit_network, true);
  EXPECT_EQ(merged.arguments, std::vector<std::string>{"x"});
}

TEST(Settings, RefuseTwoFoldersOfOneName) {
  RunSettings settings;
  settings.directories = {{.host = "/", .guest = "/d"}, {.host = "/usr", .guest = "/d"}};

  EXPECT_EQ(check(settings).error().message(),
            "two folders would be '/d' for the component: give one another name with --dir "
            "HOST::GUEST");
}

TEST(Settings, GrantNothingByDefault) {
  const StoreOptions options = store_options({}, "app.wasm");

  EXPECT_EQ(options.wasi.arguments, std::vector<std::string>{"app.wasm"});
  EXPECT_TRUE(options.wasi.environment.empty());
  EXPECT_TRUE(options.wasi.directories.empty());
  EXPECT_FALSE(options.wasi.network);
  EXPECT_EQ(options.limits.deadline_ms, 0u);
  EXPECT_EQ(options.limits.handles, Limits().handles);
}

TEST(Settings, KeepTheLastValueOfAVariable) {
  RunSettings settings;
  settings.environment = {{"A", "1"}, {"A", "2"}};

  EXPECT_EQ(store_options(settings, "app").wasi.environment,
            (std::vector<std::pair<std::string, std::string>>{{"A", "2"}}));
}

}  // namespace
}  // namespace capstan::platform
