# Unit tests sit beside the code: every src/capstan/**/x_test.cc is part of capstan-unit-tests.
# Those named x_concurrency_test.cc form a program of their own, which also runs under ThreadSanitizer.
# Code that only tests share is in x_testing.h and x_testing.cc.
# The tests of what stands above the library are declared in src/CMakeLists.txt.
file(GLOB_RECURSE unit_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/capstan/*_test.cc)
list(FILTER unit_sources EXCLUDE REGEX "/capstan/(capability|keyfiles|backend|platform|cli)/")
set(concurrency_sources ${unit_sources})
list(FILTER unit_sources EXCLUDE REGEX "_concurrency_test\\.cc$")
list(FILTER concurrency_sources INCLUDE REGEX "_concurrency_test\\.cc$")
file(GLOB_RECURSE testing_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/capstan/*_testing.cc)
list(FILTER testing_sources EXCLUDE REGEX "/capstan/(capability|backend|platform|cli)/")

capstan_add_tests(NAME capstan-unit-tests LABEL unit SOURCES ${unit_sources} ${testing_sources})
if(concurrency_sources)
  capstan_add_tests(NAME capstan-concurrency-tests LABEL concurrency
                    SOURCES ${concurrency_sources} ${testing_sources})
endif()
