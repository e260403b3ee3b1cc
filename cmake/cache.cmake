# The folder that outlives a clean checkout: cargo's target directory and ccache's store.
if(NOT DEFINED CAPSTAN_CACHE)
  if(DEFINED ENV{CAPSTAN_CACHE})
    set(cache_default $ENV{CAPSTAN_CACHE})
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(cache_default $ENV{XDG_CACHE_HOME}/capstan)
  elseif(DEFINED ENV{HOME})
    set(cache_default $ENV{HOME}/.cache/capstan)
  else()
    set(cache_default ${PROJECT_BINARY_DIR}/cache)
  endif()
  set(CAPSTAN_CACHE ${cache_default} CACHE PATH "Folder that outlives a clean checkout")
endif()

# ccache, when there is one. Paths inside the checkout are hashed relative to it, so that a second checkout
# profits from the first.
find_program(CAPSTAN_CCACHE ccache)
if(PROJECT_IS_TOP_LEVEL AND CAPSTAN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_DIR=${CAPSTAN_CACHE}/ccache CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CAPSTAN_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
