# capstan_bindings(TARGET name WIT path... WORLD world [FEATURES feature...] [ASYNC interface...]
#                  [NAMESPACE namespace] [BYTES vector|shared] [BUNDLE])
#
# Generates C++ host bindings for a WIT world and makes the static library `name` of them: it has the header
# `<world>.h` (dashes become underscores) on its include path and links capstan::capstan.
#
#   TARGET    name of the library to make
#   WIT       WIT files, folders (with deps/), or a component; relative to the current source directory
#   WORLD     the world, as in the WIT: "host", or "example:demo/host"
#   FEATURES  @unstable features to switch on
#   ASYNC     interfaces whose functions the host implements as Task<T>; or all, none, auto
#   NAMESPACE C++ namespace of the bindings
#   BYTES     what list<u8> is where it is owned: vector (the default), or shared for capstan::Bytes
#   BUNDLE    for a host bundle: links capstan::bundle_kit in place of capstan::capstan
#
# Editing, adding or removing a WIT file generates again; unchanged output rebuilds nothing.
# Works inside Capstan's own tree, through FetchContent, and with an installed Capstan.
function(capstan_bindings)
  cmake_parse_arguments(PARSE_ARGV 0 arg "BUNDLE" "TARGET;WORLD;NAMESPACE;BYTES" "WIT;FEATURES;ASYNC")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "capstan_bindings: unknown argument \"${arg_UNPARSED_ARGUMENTS}\"")
  endif()
  foreach(required TARGET WIT WORLD)
    if(NOT arg_${required})
      message(FATAL_ERROR "capstan_bindings: ${required} is missing")
    endif()
  endforeach()

  # "example:demo/key-value@0.1.0" and "key-value" both give key_value.h.
  string(REGEX REPLACE "^.*/|@.*$" "" world_file "${arg_WORLD}")
  string(REPLACE "-" "_" world_file "${world_file}")
  string(TOLOWER "${world_file}" world_file)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/capstan_bindings/${arg_TARGET})
  set(outputs ${folder}/${world_file}.h ${folder}/${world_file}.cc)
  set(depfile ${folder}/${world_file}.d)

  set(paths "")
  set(files "")
  foreach(path IN LISTS arg_WIT)
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    if(NOT EXISTS ${path})
      message(FATAL_ERROR "capstan_bindings(${arg_TARGET}): WIT \"${path}\" does not exist")
    endif()
    list(APPEND paths ${path})
    if(IS_DIRECTORY ${path})
      # What the depfile cannot know: files that are added later.
      file(GLOB_RECURSE wit_files CONFIGURE_DEPENDS ${path}/*.wit ${path}/*.wasm)
      list(APPEND files ${wit_files})
    else()
      list(APPEND files ${path})
    endif()
  endforeach()

  set(options --world ${arg_WORLD})
  foreach(option FEATURES ASYNC NAMESPACE BYTES)
    if(arg_${option})
      string(TOLOWER ${option} flag)
      list(JOIN arg_${option} "," value)
      list(APPEND options --${flag} ${value})
    endif()
  endforeach()

  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND capstan::bindgen host ${paths} ${options} -o ${folder} --depfile ${depfile}
    DEPENDS ${files} $<TARGET_FILE:capstan::bindgen>
    DEPFILE ${depfile}
    COMMENT "Generating C++ bindings for WIT world ${arg_WORLD}"
    VERBATIM)
  add_library(${arg_TARGET} STATIC ${outputs})
  target_include_directories(${arg_TARGET} PUBLIC ${folder})
  if(arg_BUNDLE)
    set_target_properties(${arg_TARGET} PROPERTIES
      CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
    # What calls exports is not used in a bundle, and must not ask for the engine: it is cut out.
    target_compile_options(${arg_TARGET} PRIVATE
      -ffunction-sections -fdata-sections $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
    target_link_libraries(${arg_TARGET} PUBLIC capstan::bundle_kit)
  else()
    target_link_libraries(${arg_TARGET} PUBLIC capstan::capstan)
  endif()
  if(TARGET capstan_warnings)
    target_link_libraries(${arg_TARGET} PRIVATE capstan_warnings)
  endif()
endfunction()
