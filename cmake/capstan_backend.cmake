# Backends that need a client library (docs/backends.md).
#
# capstan_backend(NAME name [LIBRARIES library...])
#
# Makes of the current folder:
#   capstan::backend_<name>   a static library, for programs that choose their backends when they are built
#   the shared library that the command loads, and its install rule
#   the tests beside the code
# CAPSTAN_BACKEND_<NAME>=OFF leaves one out.
include_guard(GLOBAL)
set(CAPSTAN_BACKENDS_FOLDER ${CMAKE_INSTALL_LIBDIR}/capstan/backends)

# The build's name, which a module and the command compare (capability/module.h).
file(GLOB_RECURSE module_headers CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/src/capstan/base/*.h ${PROJECT_SOURCE_DIR}/src/capstan/capability/*.h)
list(FILTER module_headers EXCLUDE REGEX "testing\\.h$")
set(module_build ${PROJECT_BINARY_DIR}/module_build)
list(JOIN module_headers "\n" lines)
file(CONFIGURE OUTPUT ${module_build}/headers.txt CONTENT "${lines}\n" @ONLY)
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
add_custom_command(
  OUTPUT ${module_build}/module_build.cc
  COMMAND ${CMAKE_COMMAND} -D LIST=${module_build}/headers.txt
          "-DOPTIONS=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}} ${CAPSTAN_SANITIZE} ${PROJECT_VERSION}"
          -D OUTPUT=${module_build}/module_build.cc -P ${PROJECT_SOURCE_DIR}/cmake/module_build.cmake
  DEPENDS ${module_headers} ${module_build}/headers.txt ${PROJECT_SOURCE_DIR}/cmake/module_build.cmake
  VERBATIM)
add_library(capstan_module_build STATIC ${module_build}/module_build.cc)
target_link_libraries(capstan_module_build PUBLIC capstan::capstan PRIVATE capstan_warnings)

function(capstan_backend)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "LIBRARIES")
  string(TOUPPER ${arg_NAME} upper)
  set(target capstan_backend_${arg_NAME})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  list(FILTER sources EXCLUDE REGEX "_(test|testing|bench|fuzz)\\.cc$|/module\\.cc$")
  add_library(${target} STATIC ${sources})
  add_library(capstan::backend_${arg_NAME} ALIAS ${target})
  target_link_libraries(${target} PUBLIC capstan_backend_service capstan::capability
                        PRIVATE ${arg_LIBRARIES} fmt::fmt-header-only capstan_warnings)

  # Nothing of it is visible but its one function, and it brings its own copy of what it needs of Capstan.
  set(module ${target}_module)
  add_library(${module} MODULE module.cc)
  target_link_libraries(${module} PRIVATE ${target} capstan_module_build capstan_warnings)
  target_link_options(${module} PRIVATE
    -Wl,--as-needed -Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,-z,defs
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/capstan_backend.map)
  if(NOT CAPSTAN_SANITIZE)
    target_link_options(${module} PRIVATE -static-libstdc++ -static-libgcc)
  else()
    # Sanitizers' functions are the program's.
    target_link_options(${module} PRIVATE -Wl,-z,undefs)
  endif()
  set_target_properties(${module} PROPERTIES
    OUTPUT_NAME capstan_backend_${arg_NAME} CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${CAPSTAN_BACKENDS_FOLDER}
    INSTALL_RPATH "" BUILD_WITH_INSTALL_RPATH ON
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/capstan_backend.map)
  if(CAPSTAN_INSTALL)
    install(TARGETS ${module} LIBRARY DESTINATION ${CAPSTAN_BACKENDS_FOLDER} COMPONENT runtime)
  endif()
  set_property(GLOBAL APPEND PROPERTY CAPSTAN_BACKEND_MODULES ${module})
endfunction()
