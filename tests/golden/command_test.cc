// `capstan-bindgen host` as a build tool sees it: what is written, checked, and told to the build.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "files.h"
#include "host/run.h"

namespace capstan::codegen {

namespace {

namespace fs = std::filesystem;

class HostCommand : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / "capstan_host_command" / test->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "wit");
    write_wit("package a:b;\nworld w { export run: func(); }\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write_wit(std::string_view text) {
    ASSERT_TRUE(write_if_changed(folder_ / "wit" / "w.wit", text).has_value());
  }
  HostOptions options() const {
    HostOptions options;
    options.wit.paths = {folder_ / "wit"};
    options.output_folder = folder_ / "out";
    return options;
  }
  // What went wrong; empty when nothing did.
  std::string run(const HostOptions& options) {
    const auto outcome = run_host(options);
    return outcome ? "" : outcome.error();
  }

  fs::path folder_;
};

TEST_F(HostCommand, WritesAHeaderAndASourceNamedAfterTheWorld) {
  EXPECT_EQ(run(options()), "");

  EXPECT_TRUE(fs::exists(folder_ / "out" / "w.h"));
  EXPECT_TRUE(fs::exists(folder_ / "out" / "w.cc"));
}

TEST_F(HostCommand, DoesNotTouchWhatIsUpToDate) {
  (void)run(options());
  const auto old = fs::last_write_time(folder_ / "out" / "w.h") - std::chrono::hours(1);
  fs::last_write_time(folder_ / "out" / "w.h", old);

  EXPECT_EQ(run(options()), "");

  EXPECT_EQ(fs::last_write_time(folder_ / "out" / "w.h"), old);
}

TEST_F(HostCommand, CheckSaysWhichFileIsMissing) {
  HostOptions check = options();
  check.check = true;

  const std::string message = run(check);

  EXPECT_NE(message.find("w.h is missing"), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(HostCommand, CheckShowsTheFirstLineThatDiffers) {
  (void)run(options());
  HostOptions check = options();
  check.check = true;
  EXPECT_EQ(run(check), "");

  write_wit("package a:b;\nworld w { export go: func(); }\n");
  const std::string message = run(check);

  EXPECT_NE(message.find("w.h is out of date: line "), std::string::npos) << message;
  EXPECT_NE(message.find("\n-  capstan::Result<void> run() const;\n+  capstan::Result<void> go"),
            std::string::npos)
      << message;
}

TEST_F(HostCommand, TheDepfileNamesEveryWitFile) {
  HostOptions with_depfile = options();
  with_depfile.depfile = folder_ / "out" / "w.d";

  EXPECT_EQ(run(with_depfile), "");

  const std::string depfile = read_file(with_depfile.depfile).value_or("");
  const std::string outputs = fmt::format("{0}/w.h {0}/w.cc:", (folder_ / "out").string());
  EXPECT_TRUE(depfile.starts_with(outputs)) << depfile;
  EXPECT_NE(depfile.find((folder_ / "wit" / "w.wit").string()), std::string::npos) << depfile;
}

TEST_F(HostCommand, AnErrorWritesNothing) {
  write_wit("package a:b;\nworld w { import f: func() -> stream<u8>; }\n");

  const std::string message = run(options());

  EXPECT_EQ(message, fmt::format("{}/wit/w.wit:2:18: a:b/w#f uses stream<u8>, which host "
                                 "bindings do not support yet",
                                 folder_.string()));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

}  // namespace
}  // namespace capstan::codegen
