# Host bundles, both sides.
#
#   capstan::bundle          loads bundles; apart from capstan::capstan, because it needs the toolchain
#   capstan::bundle_headers  <capstan/bundle.h> and <capstan/interface.h>, for bundles in any language
#   capstan::bundle_kit      what bundles in C++ are linked with; needs no engine and shows no symbol
include_guard(GLOBAL)
find_package(nlohmann_json REQUIRED)

file(GLOB bundle_sources CONFIGURE_DEPENDS src/capstan/bundle/*.cc)
list(FILTER bundle_sources EXCLUDE REGEX "_(test|testing|bench|fuzz)\\.cc$")
add_library(capstan_bundle STATIC ${bundle_sources})
add_library(capstan::bundle ALIAS capstan_bundle)
target_link_libraries(capstan_bundle
  PUBLIC capstan::capstan capstan::toolchain ${CMAKE_DL_LIBS}
  PRIVATE $<BUILD_INTERFACE:nlohmann_json::nlohmann_json> $<BUILD_INTERFACE:fmt::fmt-header-only>
          $<BUILD_INTERFACE:capstan_warnings>)

add_library(capstan_bundle_headers INTERFACE)
add_library(capstan::bundle_headers ALIAS capstan_bundle_headers)
target_include_directories(capstan_bundle_headers INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/engine/runtime/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

file(GLOB kit_sources CONFIGURE_DEPENDS src/capstan/abi/*.cc src/capstan/bundle/kit/*.cc)
list(FILTER kit_sources EXCLUDE REGEX "_(test|testing|bench|fuzz)\\.cc$|/abi/resource_id\\.cc$")
add_library(capstan_bundle_kit STATIC ${kit_sources} src/capstan/base/check.cc
                                      src/capstan/base/result.cc src/capstan/host/table.cc)
add_library(capstan::bundle_kit ALIAS capstan_bundle_kit)
target_compile_features(capstan_bundle_kit PUBLIC cxx_std_23)
set_target_properties(capstan_bundle_kit PROPERTIES
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_link_libraries(capstan_bundle_kit
  PUBLIC capstan::bundle_headers
  PRIVATE $<BUILD_INTERFACE:fmt::fmt-header-only> $<BUILD_INTERFACE:capstan_warnings>)
