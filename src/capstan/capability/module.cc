#include <capstan/capability/module.h>

#include <capstan_module_build.h>

namespace capstan::capability {

const char* module_build() { return CAPSTAN_MODULE_BUILD; }

}  // namespace capstan::capability
