# Warnings for the project's own code (never for those who embed it), and sanitizers.
add_library(capstan_warnings INTERFACE)
# g++ 12 warns without reason about adding std::strings: GCC bug 105651.
target_compile_options(capstan_warnings INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${CAPSTAN_WERROR}>:-Werror>)

if(CAPSTAN_SANITIZE)
  add_compile_options(-fsanitize=${CAPSTAN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CAPSTAN_SANITIZE})
endif()
