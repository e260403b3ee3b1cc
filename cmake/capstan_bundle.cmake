# capstan_bundle(TARGET name WIT path... [WORLD world] [SOURCES file...] [IMPLEMENTS class... HEADER header]
#                [NAME name] [CONFIG key=value...] [ASYNC interface...] [FEATURES feature...]
#                [NAMESPACE namespace] [LIBRARIES target...] [LIBRARY file])
#
# Makes a host bundle: a folder that `capstan run --host-bundle` takes, with host.toml, wit/ and lib/.
#
#   TARGET     name of the target; the folder is its property CAPSTAN_BUNDLE, in the build tree
#              bundles/<NAME> by default
#   WIT        WIT files and folders; copied into the bundle
#   WORLD      the world whose imports the bundle serves; needed with IMPLEMENTS
#   SOURCES    the code. With IMPLEMENTS, C++ that sees the bindings of the WORLD; else a bundle by hand
#              in C or C++, which defines the entry point of <capstan/bundle.h>
#   IMPLEMENTS the classes that implement the interfaces, as in CAPSTAN_BUNDLE() of
#              capstan/bundle/kit/implement.h; HEADER is the header that declares them
#   NAME       the bundle's name in host.toml; by default TARGET
#   CONFIG     defaults for [config] in host.toml
#   ASYNC, FEATURES, NAMESPACE   as in capstan_bindings()
#   LIBRARIES  what the code links with
#   LIBRARY    in place of SOURCES: a shared library that something else builds (cargo, say)
#
# The library exports its entry point and nothing else, and links against nothing of Capstan.
# Works inside Capstan's own tree, through FetchContent, and with an installed Capstan.
set(CAPSTAN_BUNDLE_FOLDER ${CMAKE_CURRENT_LIST_DIR})

function(capstan_bundle)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;WORLD;NAME;HEADER;NAMESPACE;LIBRARY"
                        "WIT;SOURCES;IMPLEMENTS;CONFIG;ASYNC;FEATURES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "capstan_bundle: unknown argument \"${arg_UNPARSED_ARGUMENTS}\"")
  endif()
  foreach(required TARGET WIT)
    if(NOT arg_${required})
      message(FATAL_ERROR "capstan_bundle: ${required} is missing")
    endif()
  endforeach()
  if(NOT arg_SOURCES AND NOT arg_LIBRARY AND NOT arg_IMPLEMENTS)
    message(FATAL_ERROR "capstan_bundle(${arg_TARGET}): give SOURCES, IMPLEMENTS or LIBRARY")
  endif()
  if(arg_IMPLEMENTS AND NOT (arg_WORLD AND arg_HEADER))
    message(FATAL_ERROR "capstan_bundle(${arg_TARGET}): IMPLEMENTS needs WORLD and HEADER")
  endif()
  if(NOT arg_NAME)
    set(arg_NAME ${arg_TARGET})
  endif()

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/bundles/${arg_NAME})
  set(library lib${arg_TARGET}.so)
  if(arg_LIBRARY)
    set(built ${arg_LIBRARY})
  else()
    capstan_bundle_library()
    set(built $<TARGET_FILE:${arg_TARGET}-library>)
  endif()

  # The manifest.
  set(manifest "[host]\nname = \"${arg_NAME}\"\nlib = \"lib/${library}\"\nwit = \"wit\"\n")
  if(arg_WORLD)
    string(APPEND manifest "world = \"${arg_WORLD}\"\n")
  endif()
  if(arg_CONFIG)
    string(APPEND manifest "\n[config]\n")
    foreach(entry IN LISTS arg_CONFIG)
      if(NOT entry MATCHES "^([A-Za-z0-9_.-]+)=(.*)$")
        message(FATAL_ERROR "capstan_bundle(${arg_TARGET}): CONFIG \"${entry}\" is not key=value")
      endif()
      string(REPLACE "\\" "\\\\" value "${CMAKE_MATCH_2}")
      string(REPLACE "\"" "\\\"" value "${value}")
      string(APPEND manifest "\"${CMAKE_MATCH_1}\" = \"${value}\"\n")
    endforeach()
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}.host.toml CONTENT "${manifest}" @ONLY)

  # The WIT as one folder: a folder is copied as it is, files go beside each other.
  set(copies "")
  set(wit_files "")
  foreach(path IN LISTS arg_WIT)
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    if(IS_DIRECTORY ${path})
      file(GLOB_RECURSE found CONFIGURE_DEPENDS ${path}/*.wit)
      list(APPEND wit_files ${found})
      list(APPEND copies COMMAND ${CMAKE_COMMAND} -E copy_directory ${path} ${folder}/wit)
    else()
      list(APPEND wit_files ${path})
      list(APPEND copies COMMAND ${CMAKE_COMMAND} -E copy ${path} ${folder}/wit)
    endif()
  endforeach()
  set(stamp ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}.stamp)
  add_custom_command(OUTPUT ${stamp}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${folder}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}/lib ${folder}/wit
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}.host.toml ${folder}/host.toml
    COMMAND ${CMAKE_COMMAND} -E copy ${built} ${folder}/lib/${library}
    ${copies}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${built} ${wit_files} ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}.host.toml
    COMMENT "Making the bundle ${arg_NAME}" VERBATIM)
  add_custom_target(${arg_TARGET} ALL DEPENDS ${stamp})
  set_target_properties(${arg_TARGET} PROPERTIES CAPSTAN_BUNDLE ${folder})
endfunction()

# The shared library of the call above, as target <TARGET>-library.
macro(capstan_bundle_library)
  set(sources ${arg_SOURCES})
  if(arg_IMPLEMENTS)
    set(bindings ${arg_TARGET}-bindings)
    set(options "")
    foreach(option ASYNC FEATURES NAMESPACE)
      if(arg_${option})
        list(APPEND options ${option} ${arg_${option}})
      endif()
    endforeach()
    capstan_bindings(TARGET ${bindings} WIT ${arg_WIT} WORLD ${arg_WORLD} ${options} BUNDLE)
    list(JOIN arg_IMPLEMENTS ", " classes)
    set(entry ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}_entry.cc)
    file(CONFIGURE OUTPUT ${entry} @ONLY CONTENT
         "// Made by capstan_bundle().\n#include <capstan/bundle/kit/implement.h>\n\n#include \"@arg_HEADER@\"\n\nCAPSTAN_BUNDLE(@classes@)\n")
    list(APPEND sources ${entry})
  endif()
  add_library(${arg_TARGET}-library MODULE ${sources})
  set_target_properties(${arg_TARGET}-library PROPERTIES
    OUTPUT_NAME ${arg_TARGET} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}-library
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON LINK_DEPENDS ${CAPSTAN_BUNDLE_FOLDER}/capstan_bundle.map)
  target_include_directories(${arg_TARGET}-library PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${arg_TARGET}-library PRIVATE ${arg_LIBRARIES} capstan::bundle_headers)
  if(arg_IMPLEMENTS)
    target_link_libraries(${arg_TARGET}-library PRIVATE ${bindings} capstan::bundle_kit)
  endif()
  # Only the entry point is seen, and unique symbols would tie two instances of a template together.
  target_compile_options(${arg_TARGET}-library PRIVATE
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  target_link_options(${arg_TARGET}-library PRIVATE
    -Wl,--version-script=${CAPSTAN_BUNDLE_FOLDER}/capstan_bundle.map -Wl,--gc-sections)
  if(NOT CAPSTAN_SANITIZE)
    target_link_options(${arg_TARGET}-library PRIVATE -Wl,-z,defs)
  endif()
  if(TARGET capstan_warnings)
    target_link_libraries(${arg_TARGET}-library PRIVATE capstan_warnings)
  endif()
endmacro()
