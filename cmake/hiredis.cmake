# hiredis as the static library capstan_hiredis, with TLS by OpenSSL.
#
# The C library comes from inside its Python package, because Debian's is too old. pip only fetches it:
# cmake/sources/hiredis names the version and its checksum, and stands in for the build system that pip would
# run. The source is kept in the cache folder, so that it is fetched once.
include_guard(GLOBAL)
find_package(OpenSSL REQUIRED COMPONENTS SSL Crypto)

set(hiredis_requirements ${PROJECT_SOURCE_DIR}/cmake/sources/hiredis/requirements.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${hiredis_requirements})
file(STRINGS ${hiredis_requirements} hiredis_pin REGEX "^hiredis==")
string(REGEX MATCH "^(hiredis==([0-9.]+)) --hash=sha256:([0-9a-f]+)$" hiredis_pin "${hiredis_pin}")
if(NOT hiredis_pin)
  message(FATAL_ERROR "${hiredis_requirements} names no version of hiredis with its sha256")
endif()
set(hiredis_package ${CMAKE_MATCH_1})
set(hiredis_name hiredis-${CMAKE_MATCH_2})
set(hiredis_sha256 ${CMAKE_MATCH_3})
set(hiredis_folder ${CAPSTAN_CACHE}/${hiredis_name})

# Fetches the archive into `folder`.
function(capstan_fetch_hiredis folder)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  execute_process(COMMAND ${Python3_EXECUTABLE} -m venv ${folder}/venv
                  OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "python3 cannot make an environment for pip (./dev setup installs what it needs): ${said}")
  endif()
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env PYTHONPATH=${PROJECT_SOURCE_DIR}/cmake/sources/hiredis PYTHONDONTWRITEBYTECODE=1
            CAPSTAN_SOURCE_PACKAGE=${hiredis_package}
            ${folder}/venv/bin/pip download --quiet --disable-pip-version-check --retries 5 --no-deps
            --no-binary :all: --no-build-isolation --use-pep517 --require-hashes -r ${hiredis_requirements} -d ${folder}
    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "pip cannot fetch hiredis' source (${result}): ${said}")
  endif()
endfunction()

if(NOT EXISTS ${hiredis_folder}/vendor/hiredis/hiredis.h)
  # In a folder of its own first: other builds may use the cache at the same time.
  string(RANDOM LENGTH 8 unique)
  set(fetching ${CAPSTAN_CACHE}/${hiredis_name}.${unique})
  file(MAKE_DIRECTORY ${fetching})
  capstan_fetch_hiredis(${fetching})
  file(SHA256 ${fetching}/${hiredis_name}.tar.gz fetched_sha256)
  if(NOT fetched_sha256 STREQUAL hiredis_sha256)
    message(FATAL_ERROR "the fetched source of hiredis is not the one that ${hiredis_requirements} names")
  endif()
  file(ARCHIVE_EXTRACT INPUT ${fetching}/${hiredis_name}.tar.gz DESTINATION ${fetching})
  if(NOT EXISTS ${hiredis_folder})
    file(RENAME ${fetching}/${hiredis_name} ${hiredis_folder} RESULT moved)
  endif()
  file(REMOVE_RECURSE ${fetching})
  if(NOT EXISTS ${hiredis_folder}/vendor/hiredis/hiredis.h)
    message(FATAL_ERROR "hiredis' source cannot be kept in ${hiredis_folder}: ${moved}")
  endif()
endif()

set(hiredis_source ${hiredis_folder}/vendor/hiredis)
set(hiredis_files "")
foreach(name alloc async hiredis net read sds sockcompat ssl)
  list(APPEND hiredis_files ${hiredis_source}/${name}.c)
endforeach()
add_library(capstan_hiredis STATIC ${hiredis_files})
# Programs include <hiredis/async.h>, as with an installed one.
target_include_directories(capstan_hiredis SYSTEM PUBLIC ${hiredis_folder}/vendor)
target_link_libraries(capstan_hiredis PUBLIC OpenSSL::SSL OpenSSL::Crypto)
target_compile_options(capstan_hiredis PRIVATE -w)
set_target_properties(capstan_hiredis PROPERTIES C_VISIBILITY_PRESET hidden)
