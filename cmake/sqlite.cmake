# SQLite as the static library capstan_sqlite, from the amalgamation inside a crate of the Rust registry.
#
# Cargo only fetches it: cmake/sources/sqlite names the version, and its lock file the checksum.
# CAPSTAN_SQLITE_SOURCE is the folder with sqlite3.c and sqlite3.h, for guests that compile it too.
include_guard(GLOBAL)

execute_process(
  COMMAND ${CAPSTAN_CARGO} metadata --quiet --locked --format-version 1
          --manifest-path ${PROJECT_SOURCE_DIR}/cmake/sources/sqlite/Cargo.toml
  OUTPUT_VARIABLE metadata ERROR_VARIABLE errors RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cargo cannot fetch SQLite's source (${result}): ${errors}")
endif()
string(JSON count LENGTH ${metadata} packages)
math(EXPR last "${count} - 1")
foreach(i RANGE ${last})
  string(JSON name GET ${metadata} packages ${i} name)
  if(name STREQUAL "libsqlite3-sys")
    string(JSON manifest GET ${metadata} packages ${i} manifest_path)
    cmake_path(REPLACE_FILENAME manifest sqlite3 OUTPUT_VARIABLE CAPSTAN_SQLITE_SOURCE)
  endif()
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${PROJECT_SOURCE_DIR}/cmake/sources/sqlite/Cargo.lock)

add_library(capstan_sqlite STATIC ${CAPSTAN_SQLITE_SOURCE}/sqlite3.c)
target_include_directories(capstan_sqlite SYSTEM PUBLIC ${CAPSTAN_SQLITE_SOURCE})
# Serialised by its callers, who share no connection between threads; nothing loads extensions; memory is
# not counted under a lock; text in double quotes is never a string; temporary tables and sorting make no
# files; a schema cannot call what has side effects.
target_compile_definitions(capstan_sqlite PRIVATE
  SQLITE_THREADSAFE=2 SQLITE_DEFAULT_MEMSTATUS=0 SQLITE_DQS=0 SQLITE_LIKE_DOESNT_MATCH_BLOBS
  SQLITE_TEMP_STORE=3 SQLITE_TRUSTED_SCHEMA=0 SQLITE_DEFAULT_WORKER_THREADS=0
  SQLITE_OMIT_LOAD_EXTENSION SQLITE_OMIT_DEPRECATED SQLITE_OMIT_SHARED_CACHE SQLITE_USE_ALLOCA
  SQLITE_ENABLE_COLUMN_METADATA SQLITE_ENABLE_MATH_FUNCTIONS SQLITE_ENABLE_FTS5 SQLITE_ENABLE_RTREE
  SQLITE_MAX_EXPR_DEPTH=200)
target_compile_options(capstan_sqlite PRIVATE -w $<$<CONFIG:Release>:-O2>)
# It reads the index of its log, which processes share, without a lock, and checks afterwards what it read.
if(CAPSTAN_SANITIZE MATCHES "thread")
  target_compile_options(capstan_sqlite PRIVATE -fno-sanitize=thread)
endif()
