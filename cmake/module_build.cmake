# Writes module_build() of capability/module.h, which says what build this is: a digest of the files in LIST and of the text OPTIONS.
#   cmake -D LIST=file -D OPTIONS=text -D OUTPUT=file -P module_build.cmake
file(STRINGS ${LIST} headers)
set(digests "${OPTIONS}")
foreach(header ${headers})
  file(SHA256 ${header} digest)
  string(APPEND digests "${digest}\n")
endforeach()
string(SHA256 build "${digests}")
string(SUBSTRING ${build} 0 32 build)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"#include <capstan/capability/module.h>

namespace capstan::capability {
const char* module_build() { return \"@build@\"; }
}  // namespace capstan::capability
")
