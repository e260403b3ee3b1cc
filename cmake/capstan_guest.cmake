# capstan_guest(TARGET name WIT path... WORLD world SOURCES file...
#               [LANGUAGE c|cpp] [ADAPTER auto|none|command|reactor|proxy] [FEATURES feature...]
#               [STRING_ENCODING utf8|utf16] [INCLUDES folder...] [OPTIONS flag...] [LINK_OPTIONS flag...])
#
# Builds a WebAssembly component from C or C++: generates the guest bindings of a WIT world, compiles and
# links them with the sources, and turns the module into a component. The target `name` makes
# <build>/guests/<name>.component.wasm, and is part of `all`.
#
#   TARGET           name of the target and of the component
#   WIT              WIT files or folders (with deps/), relative to the current source directory
#   WORLD            the world, as in the WIT: "guest", or "example:demo/guest"
#   SOURCES          C (.c) and C++ (.cc, .cpp) files
#   LANGUAGE         which bindings: c gives <world>.h, cpp gives <world>_cpp.h (default: c)
#   ADAPTER          translation of WASI preview 1 imports (default: auto, only if there are any)
#   FEATURES         @unstable features to switch on
#   STRING_ENCODING  how strings lie in the guest's memory (default: utf8)
#   INCLUDES         more folders with headers
#   OPTIONS          more options for the compiler
#   LINK_OPTIONS     more options for the linker
#
# The compiler is clang 19 with Debian's libraries for wasm32, or the WASI SDK in WASI_SDK_PATH (a variable of
# CMake or of the environment). Guests are always optimised; they have no exceptions. A guest that does
# not use WASI ends up without WASI imports.
include_guard(GLOBAL)

set(CAPSTAN_GUEST_SUPPORT ${CMAKE_CURRENT_LIST_DIR}/../guest/support CACHE INTERNAL "")
if(NOT EXISTS ${CAPSTAN_GUEST_SUPPORT})
  set(CAPSTAN_GUEST_SUPPORT ${CMAKE_CURRENT_LIST_DIR}/guest_support CACHE INTERNAL "")
endif()

# Sets guest_clang and guest_clangxx to command lines (a compiler and its target) in the calling scope.
function(_capstan_guest_compilers)
  set(sdk "${WASI_SDK_PATH}")
  if(NOT sdk)
    set(sdk "$ENV{WASI_SDK_PATH}")
  endif()
  if(sdk)
    set(target --target=wasm32-wasip1 --sysroot=${sdk}/share/wasi-sysroot)
    set(CAPSTAN_GUEST_CLANG ${sdk}/bin/clang)
    set(CAPSTAN_GUEST_CLANGXX ${sdk}/bin/clang++)
  else()
    set(target --target=wasm32-wasi)
    find_program(CAPSTAN_GUEST_CLANG clang-19 DOC "C compiler for guests")
    find_program(CAPSTAN_GUEST_CLANGXX clang++-19 DOC "C++ compiler for guests")
  endif()
  if(NOT CAPSTAN_GUEST_CLANG OR NOT CAPSTAN_GUEST_CLANGXX)
    message(FATAL_ERROR
      "capstan_guest: no compiler for guests. Install clang-19 lld-19 libc++-19-dev-wasm32 "
      "libclang-rt-19-dev-wasm32 wasi-libc, or set WASI_SDK_PATH.")
  endif()
  set(guest_clang ${CAPSTAN_GUEST_CLANG} ${target} PARENT_SCOPE)
  set(guest_clangxx ${CAPSTAN_GUEST_CLANGXX} ${target} PARENT_SCOPE)
endfunction()

# Makes the object file of one source and appends it to `objects` in the calling scope.
function(_capstan_guest_compile)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE;FOLDER" "HEADERS;INCLUDES;OPTIONS")
  get_filename_component(name ${arg_SOURCE} NAME)
  set(object ${arg_FOLDER}/objects/${name}.o)
  if(object IN_LIST objects)
    message(FATAL_ERROR "capstan_guest: two sources are called \"${name}\"")
  endif()
  set(compiler ${guest_clangxx} -std=c++23 -fno-exceptions)
  if(arg_SOURCE MATCHES "\\.c$")
    set(compiler ${guest_clang} -std=gnu17)
  endif()
  list(TRANSFORM arg_INCLUDES PREPEND -I)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${compiler} -O2 -ffunction-sections -fdata-sections
            ${arg_INCLUDES} ${arg_OPTIONS} -MD -MF ${object}.d -c ${arg_SOURCE} -o ${object}
    DEPENDS ${arg_SOURCE} ${arg_HEADERS}
    DEPFILE ${object}.d
    COMMENT "Compiling ${name} for wasm"
    VERBATIM)
  set(objects ${objects} ${object} PARENT_SCOPE)
endfunction()

function(capstan_guest)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;WORLD;LANGUAGE;ADAPTER;STRING_ENCODING"
                        "WIT;SOURCES;FEATURES;INCLUDES;OPTIONS;LINK_OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "capstan_guest: unknown argument \"${arg_UNPARSED_ARGUMENTS}\"")
  endif()
  foreach(required TARGET WIT WORLD SOURCES)
    if(NOT arg_${required})
      message(FATAL_ERROR "capstan_guest: ${required} is missing")
    endif()
  endforeach()
  foreach(default LANGUAGE=c ADAPTER=auto STRING_ENCODING=utf8)
    string(REGEX MATCH "^(.+)=(.+)$" matched ${default})
    if(NOT arg_${CMAKE_MATCH_1})
      set(arg_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
    endif()
  endforeach()
  _capstan_guest_compilers()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/capstan_guest/${arg_TARGET})
  set(component ${CMAKE_BINARY_DIR}/guests/${arg_TARGET}.component.wasm)
  file(MAKE_DIRECTORY ${folder}/bindings ${folder}/objects ${CMAKE_BINARY_DIR}/guests)

  # Bindings. "example:demo/key-value@0.1.0" and "key-value" both give key_value.*
  string(REGEX REPLACE "^.*/|@.*$" "" world_file "${arg_WORLD}")
  string(REPLACE "-" "_" world_file "${world_file}")
  string(TOLOWER "${world_file}" world_file)
  set(bindings ${folder}/bindings/${world_file})
  if(arg_LANGUAGE STREQUAL "c")
    set(header ${bindings}.h)
    set(source ${bindings}.c)
  else()
    set(header ${bindings}_cpp.h)
    set(source ${bindings}.cpp)
  endif()
  list(TRANSFORM arg_WIT REPLACE "^([^/].*)$" "${CMAKE_CURRENT_SOURCE_DIR}/\\1")
  set(features "")
  if(arg_FEATURES)
    list(JOIN arg_FEATURES "," features)
    set(features --features ${features})
  endif()
  add_custom_command(
    OUTPUT ${source} ${header} ${bindings}_component_type.o
    COMMAND capstan::bindgen guest ${arg_WIT} --world ${arg_WORLD} --language ${arg_LANGUAGE}
            --string-encoding ${arg_STRING_ENCODING} ${features} -o ${folder}/bindings
            --depfile ${bindings}.d
    DEPENDS $<TARGET_FILE:capstan::bindgen>
    DEPFILE ${bindings}.d
    COMMENT "Generating guest bindings for WIT world ${arg_WORLD}"
    VERBATIM)

  # Objects. The author's own folder comes first: it holds the classes behind exported resources.
  set(objects "")
  set(linker ${guest_clang})
  set(includes ${CMAKE_CURRENT_SOURCE_DIR} ${folder}/bindings ${arg_INCLUDES})
  foreach(path IN LISTS arg_SOURCES)
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    _capstan_guest_compile(SOURCE ${path} FOLDER ${folder} HEADERS ${header} INCLUDES ${includes}
                           OPTIONS -Wall -Wextra -Wno-unused-parameter ${arg_OPTIONS})
    if(NOT path MATCHES "\\.c$")
      set(linker ${guest_clangxx})
    endif()
  endforeach()
  _capstan_guest_compile(SOURCE ${source} FOLDER ${folder} HEADERS ${header} INCLUDES ${includes}
                         OPTIONS -w)
  if(arg_LANGUAGE STREQUAL "cpp")
    set(linker ${guest_clangxx})
  endif()
  if("${linker}" STREQUAL "${guest_clangxx}")
    _capstan_guest_compile(SOURCE ${CAPSTAN_GUEST_SUPPORT}/support.cc FOLDER ${folder})
  endif()

  # A command is a reactor with a `_start`, so that its world may export more.
  if(arg_ADAPTER STREQUAL "command")
    _capstan_guest_compile(SOURCE ${CAPSTAN_GUEST_SUPPORT}/command.c FOLDER ${folder})
  endif()

  # Module and component. The stack lies below the data, so that overflowing it traps.
  add_custom_command(
    OUTPUT ${folder}/module.wasm
    COMMAND ${linker} -mexec-model=reactor -Wl,--gc-sections -Wl,--strip-debug -Wl,--stack-first
            -Wl,-z,stack-size=1048576 ${objects} ${bindings}_component_type.o ${arg_LINK_OPTIONS}
            -o ${folder}/module.wasm
    DEPENDS ${objects} ${bindings}_component_type.o
    COMMENT "Linking ${arg_TARGET}.wasm"
    VERBATIM)
  add_custom_command(
    OUTPUT ${component}
    COMMAND capstan::bindgen component ${folder}/module.wasm --adapter ${arg_ADAPTER} -o ${component}
    DEPENDS ${folder}/module.wasm $<TARGET_FILE:capstan::bindgen>
    COMMENT "Making component ${arg_TARGET}"
    VERBATIM)
  add_custom_target(${arg_TARGET} ALL DEPENDS ${component})
  set_target_properties(${arg_TARGET} PROPERTIES CAPSTAN_COMPONENT ${component})
endfunction()
