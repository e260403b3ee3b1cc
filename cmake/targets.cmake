# How the project's own tests, benchmarks and fuzzers are declared.
include_guard(GLOBAL)

# capstan_add_tests(NAME name LABEL label SOURCES file... [LIBRARIES library...] [DEPENDS target...])
#
# A GoogleTest program; every TEST becomes a ctest test with that label. Labels in use: unit, concurrency,
# golden, seam, services, conformance, cli, examples, tidy, consumer; slow keeps a test out of `./dev test`, and
# no-sanitizer out of the sanitizer run.
function(capstan_add_tests)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;LABEL" "SOURCES;LIBRARIES;DEPENDS")
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBRARIES} capstan::capstan capstan_warnings
                        fmt::fmt-header-only GTest::gmock GTest::gmock_main)
  # Tests are compiled more often than they are run.
  target_compile_options(${arg_NAME} PRIVATE $<$<CONFIG:Release>:-O1>)
  if(arg_DEPENDS)
    add_dependencies(${arg_NAME} ${arg_DEPENDS})
  endif()
  include(GoogleTest)
  gtest_discover_tests(${arg_NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
endfunction()

# capstan_add_bench(NAME name SOURCES file... [LIBRARIES library...]): ./dev bench NAME
function(capstan_add_bench)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBRARIES")
  add_executable(capstan-bench-${arg_NAME} ${arg_SOURCES})
  target_link_libraries(capstan-bench-${arg_NAME} PRIVATE ${arg_LIBRARIES} capstan::capstan
                        capstan_warnings fmt::fmt-header-only)
endfunction()

# capstan_add_fuzzer(NAME name SOURCES file... [LIBRARIES library...]): ./dev fuzz NAME
# Seeds in fuzz/corpus/NAME are used when there are any.
function(capstan_add_fuzzer)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBRARIES")
  add_executable(capstan-fuzz-${arg_NAME} ${arg_SOURCES})
  target_link_libraries(capstan-fuzz-${arg_NAME} PRIVATE ${arg_LIBRARIES} capstan::capstan
                        capstan_warnings fmt::fmt-header-only)
  target_link_options(capstan-fuzz-${arg_NAME} PRIVATE -fsanitize=fuzzer)
endfunction()
