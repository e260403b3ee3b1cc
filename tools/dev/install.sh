# install --prefix P        builds and installs headers, libraries, commands and the CMake package
caller=$PWD
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# == 2 && $1 == --prefix && -n $2 ]] || fail "install: say where: ./dev install --prefix FOLDER"
prefix=$2
if [[ $prefix != /* ]]; then prefix=$caller/$prefix; fi
prepare
build release
step "install into $prefix" cmake --install build --prefix "$prefix"
say "use it with find_package(capstan) and -DCMAKE_PREFIX_PATH=$prefix"
