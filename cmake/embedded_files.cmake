# Sets `embedded_source` to a C++ source that holds templates, the WIT of WASI and what guests are linked with:
# the command needs no files beside it. See src/capstan/platform/embedded.h.
file(GLOB_RECURSE embedded_files CONFIGURE_DEPENDS LIST_DIRECTORIES false
     ${PROJECT_SOURCE_DIR}/templates/* ${PROJECT_SOURCE_DIR}/guest/support/*
     ${PROJECT_SOURCE_DIR}/wit/wasi-0.2/*)
list(SORT embedded_files)
list(JOIN embedded_files "|" embedded_list)
set(embedded_source ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cc)
add_custom_command(
  OUTPUT ${embedded_source}
  COMMAND ${CMAKE_COMMAND} -D OUTPUT=${embedded_source} -D ROOT=${PROJECT_SOURCE_DIR}
          -D "FILES=${embedded_list}" -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${embedded_files} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  COMMENT "Embedding templates"
  VERBATIM)
