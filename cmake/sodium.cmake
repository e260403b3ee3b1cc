# capstan_sodium: libsodium, linked in: the command neither needs nor loads a library for it.
include_guard(GLOBAL)

find_path(CAPSTAN_SODIUM_HEADERS sodium.h REQUIRED)
find_library(CAPSTAN_SODIUM NAMES libsodium.a sodium REQUIRED)
add_library(capstan_sodium INTERFACE)
target_include_directories(capstan_sodium SYSTEM INTERFACE ${CAPSTAN_SODIUM_HEADERS})
target_link_libraries(capstan_sodium INTERFACE ${CAPSTAN_SODIUM})
