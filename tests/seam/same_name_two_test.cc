// The second of two files, see same_name_one_test.cc.
#include "seam.h"

namespace capstan::seam {
namespace {

class Host {
 public:
  u32 answer() { return 2; }
};
constexpr abi::FunctionShape functions[] = {abi::function<&Host::answer>("answer")};

TEST(SameName, TwoAnswersForItself) {
  Host host;
  Linker<> linker(engine());
  must(linker.add({"test:same/name", functions, {}}, host::serve_with(host)));

  EXPECT_THAT((Guest<>(linker, load(wat("answer"))).call<"answer", u32()>()), Gives(2u));
}

}  // namespace
}  // namespace capstan::seam
