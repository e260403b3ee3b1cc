// The version of Capstan, at compile time and at run time.
//
// The three numbers are the only place where the version is written for C++ and CMake. Generated
// bindings compare them, so that what another version's generator made fails with a clear message.
#pragma once

#include <string_view>

#define CAPSTAN_VERSION_MAJOR 0
#define CAPSTAN_VERSION_MINOR 1
#define CAPSTAN_VERSION_PATCH 0

namespace capstan {

// The version of the library that is linked, such as "0.1.0". Any thread may call it.
[[nodiscard]] std::string_view version() noexcept;

}  // namespace capstan
