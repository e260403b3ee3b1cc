# The cargo workspace engine/ as two imported shared libraries: capstan::engine and capstan::toolchain.
#
# Cargo's target directory is in the cache folder, so that a clean checkout does not build wasmtime again,
# and it is always a release build with cargo's own flags: another flag would build wasmtime again too.
# Cargo is not even asked when no file of engine/ changed.
find_program(CAPSTAN_CARGO cargo PATHS $ENV{CARGO_HOME}/bin $ENV{HOME}/.cargo/bin)
if(NOT CAPSTAN_CARGO)
  message(FATAL_ERROR
    "Capstan's engine is built with cargo, which was not found. Get Rust with rustup "
    "(https://rustup.rs), or use an installed Capstan through find_package(capstan).")
endif()

file(GLOB_RECURSE engine_sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/engine/*.rs ${PROJECT_SOURCE_DIR}/engine/*.toml
     ${PROJECT_SOURCE_DIR}/engine/*.wit ${PROJECT_SOURCE_DIR}/engine/Cargo.lock)
list(FILTER engine_sources EXCLUDE REGEX "/engine/target/|/tests/|/benches/")

set(engine_libraries ${PROJECT_BINARY_DIR}/lib/libcapstan_engine.so
                     ${PROJECT_BINARY_DIR}/lib/libcapstan_toolchain.so)
# What tests and benchmarks compare with; never installed.
set(engine_peer OFF)
if(CAPSTAN_BUILD_TESTS OR CAPSTAN_BUILD_BENCH)
  set(engine_peer ON)
  set(peer_library ${PROJECT_BINARY_DIR}/lib/libcapstan_peer.so)
endif()
add_custom_command(
  OUTPUT ${PROJECT_BINARY_DIR}/engine.stamp
  BYPRODUCTS ${engine_libraries} ${peer_library}
  COMMAND ${CMAKE_COMMAND} -D CARGO=${CAPSTAN_CARGO}
          -D WORKSPACE=${PROJECT_SOURCE_DIR}/engine
          -D TARGET_DIRECTORY=${CAPSTAN_CACHE}/cargo
          -D OUTPUT_DIRECTORY=${PROJECT_BINARY_DIR}/lib
          -D PEER=${engine_peer}
          -D STAMP=${PROJECT_BINARY_DIR}/engine.stamp
          -P ${PROJECT_SOURCE_DIR}/cmake/build_engine.cmake
  DEPENDS ${engine_sources} ${PROJECT_SOURCE_DIR}/cmake/build_engine.cmake
  COMMENT "Building the engine with cargo (the first time takes minutes)"
  USES_TERMINAL VERBATIM)
add_custom_target(capstan-engine-build DEPENDS ${PROJECT_BINARY_DIR}/engine.stamp)

# capstan_engine_library(NAME FOLDER)
function(capstan_engine_library name folder)
  add_library(capstan::${name} SHARED IMPORTED GLOBAL)
  add_dependencies(capstan::${name} capstan-engine-build)
  # Cargo's libraries carry no soname: without this, programs would remember the path to the build tree.
  set_target_properties(capstan::${name} PROPERTIES
    IMPORTED_LOCATION ${PROJECT_BINARY_DIR}/lib/libcapstan_${name}.so
    IMPORTED_NO_SONAME TRUE)
  target_include_directories(capstan::${name} INTERFACE ${PROJECT_SOURCE_DIR}/engine/${folder}/include)
endfunction()
capstan_engine_library(engine runtime)
capstan_engine_library(toolchain toolchain)
if(engine_peer)
  capstan_engine_library(peer peer)
endif()
