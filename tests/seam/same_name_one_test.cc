// Two files with a host class of the same name, each in an unnamed namespace of its own: each is
// served by its own code. (g++ 12 once merged what the library's templates make of their members.)
#include "seam.h"

namespace capstan::seam {
namespace {

class Host {
 public:
  u32 answer() { return 1; }
};
constexpr abi::FunctionShape functions[] = {abi::function<&Host::answer>("answer")};

TEST(SameName, OneAnswersForItself) {
  Host host;
  Linker<> linker(engine());
  must(linker.add({"test:same/name", functions, {}}, host::serve_with(host)));

  EXPECT_THAT((Guest<>(linker, load(wat("answer"))).call<"answer", u32()>()), Gives(1u));
}

}  // namespace
}  // namespace capstan::seam
