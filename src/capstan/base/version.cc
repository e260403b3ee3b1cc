#include <capstan/base/version.h>

// Two steps, so that the number is substituted before it becomes text.
#define CAPSTAN_TEXT_OF(number) #number
#define CAPSTAN_TEXT(number) CAPSTAN_TEXT_OF(number)

namespace capstan {

std::string_view version() noexcept {
  return CAPSTAN_TEXT(CAPSTAN_VERSION_MAJOR) "." CAPSTAN_TEXT(
      CAPSTAN_VERSION_MINOR) "." CAPSTAN_TEXT(CAPSTAN_VERSION_PATCH);
}

}  // namespace capstan
