# Run by the build (cmake -P): cargo build, then copy the libraries when they differ.
#
# Several build trees share one target directory; the lock keeps another's libraries from slipping in
# between the build and the copy.
cmake_minimum_required(VERSION 3.25)
file(MAKE_DIRECTORY ${TARGET_DIRECTORY} ${OUTPUT_DIRECTORY})
file(LOCK ${TARGET_DIRECTORY}/capstan.lock RESULT_VARIABLE lock TIMEOUT 3600)
if(NOT lock EQUAL 0)
  message(FATAL_ERROR "cannot lock ${TARGET_DIRECTORY}/capstan.lock: ${lock}")
endif()

set(packages --package capstan-runtime --package capstan-toolchain)
set(libraries engine toolchain)
if(PEER)
  list(APPEND packages --package capstan-peer)
  list(APPEND libraries peer)
endif()
execute_process(
  COMMAND ${CARGO} build --release --locked ${packages}
          --manifest-path ${WORKSPACE}/Cargo.toml --target-dir ${TARGET_DIRECTORY}
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cargo failed (${result}); see its messages above")
endif()
foreach(library IN LISTS libraries)
  file(COPY_FILE ${TARGET_DIRECTORY}/release/libcapstan_${library}.so
       ${OUTPUT_DIRECTORY}/libcapstan_${library}.so ONLY_IF_DIFFERENT)
endforeach()
file(TOUCH ${STAMP})
