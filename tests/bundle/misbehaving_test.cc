// Bundles that agree with their WIT and then break the rules of a call: the guest traps, the host
// goes on.
#include <capstan/bundle/bundle.h>

#include "../seam/seam.h"

namespace capstan::bundle {
namespace {

using testing::HasSubstr;

// Calls `one` while it starts.
constexpr std::string_view caller = R"((component
  (import "test:broken/calls" (instance $calls
    (export "one" (func (param "n" u32)))
    (export "two" (func))))
  (core func $one (canon lower (func $calls "one")))
  (core module $main
    (import "host" "one" (func $one (param i32)))
    (func $start (call $one (i32.const 5)))
    (start $start))
  (core instance (instantiate $main (with "host" (instance (export "one" (func $one))))))))";

std::string run_under(std::string_view name) {
  auto bundle = Bundle::open(std::filesystem::path(CAPSTAN_BROKEN).parent_path() / name).value();
  Linker<> linker(seam::engine());
  EXPECT_TRUE(bundle.add_to_linker(linker));
  auto prepared = linker.prepare(seam::load(caller)).value();
  Store<> store;
  const auto instance = prepared.instantiate(store);
  return instance ? "" : instance.error().message();
}

TEST(MisbehavingBundles, FailingWithoutAnError) {
  EXPECT_THAT(run_under("broken_fails_silently"),
              HasSubstr("a function of a bundle failed without an error"));
}

TEST(MisbehavingBundles, PendingWithoutTheRightToSuspend) {
  EXPECT_THAT(run_under("broken_wrong_status"),
              HasSubstr("a function of a bundle gave a wrong status"));
}

TEST(MisbehavingBundles, NotAtAll) { EXPECT_EQ(run_under("broken_nothing"), ""); }

}  // namespace
}  // namespace capstan::bundle
