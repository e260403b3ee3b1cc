#!/usr/bin/env bash
# run.sh KIND SOURCE BUILD WORK: builds and runs a consumer project in the folder WORK.
#
#   installed     tests/consumer/installed against what the build tree BUILD installs
#   fetchcontent  tests/consumer/fetchcontent, which builds the checkout SOURCE as part of itself
#   scaffold      a project made by ./dev new, against what BUILD installs
#   command       the installed command, and the projects that it makes
#
# An installed Capstan must need no cargo: all but fetchcontent run with one in PATH that fails.
set -euo pipefail
kind=$1 source=$2 build=$3 work=$4
version=$(sed -n 's/^#define CAPSTAN_VERSION_[A-Z]* //p' "$source/src/capstan/base/version.h" |
  paste -sd .)

rm -rf "$work"
mkdir -p "$work/bin"
"$build/bin/capstan-bindgen" wat "$source/tests/consumer/guest.wat" -o "$work/guest.wasm"
arguments=("$work/guest.wasm")

# install_capstan: fills $work/prefix, and puts a failing cargo first in PATH.
install_capstan() {
  cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
  # Moved once, so that a path of the first place left in a file would be noticed.
  mv "$work/prefix" "$work/moved"
  printf '#!/bin/sh\necho "cargo was called: $*" >&2\nexit 1\n' >"$work/bin/cargo"
  cp "$work/bin/cargo" "$work/bin/rustc"
  chmod +x "$work/bin/cargo" "$work/bin/rustc"
  export PATH=$work/bin:$PATH
}

# build_and_run PROJECT PROGRAM EXPECTED [CMAKE OPTION]...
build_and_run() {
  local project=$1 program=$2 expected=$3 output
  shift 3
  cmake -S "$project" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@"
  cmake --build "$work/build"
  output=$(cd "$work" && "$work/build/$program" "${arguments[@]}")
  if [[ $output != "$expected" ]]; then
    printf '%s printed:\n%s\nexpected:\n%s\n' "$program" "$output" "$expected" >&2
    exit 1
  fi
  # Nothing changed, so nothing may be built.
  cmake --build "$work/build" | tee "$work/second.log"
  grep -q 'no work to do' "$work/second.log" ||
    { echo "a second build found work to do" >&2; exit 1; }
  echo "ok: $program printed what it should"
}

case $kind in
  installed)
    install_capstan
    build_and_run "$source/tests/consumer/installed" consumer "capstan $version: the guest counted to 42" \
      -DCMAKE_PREFIX_PATH="$work/moved"
    ;;
  fetchcontent)
    build_and_run "$source/tests/consumer/fetchcontent" consumer "capstan $version: the guest counted to 42" \
      -DFETCHCONTENT_SOURCE_DIR_CAPSTAN="$source" \
      -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
    ;;
  scaffold)
    arguments=()
    bash "$source/dev" new "$work/my-host"
    install_capstan
    build_and_run "$work/my-host" my-host "hello, my-host" \
      -DCMAKE_PREFIX_PATH="$work/moved"
    ;;
  command)
    install_capstan
    export PATH=$work/moved/bin:$PATH
    cd "$work"
    for file in man/man1/capstan.1 man/man1/capstan-bindgen-guest.1 bash-completion/completions/capstan \
      zsh/site-functions/_capstan fish/vendor_completions.d/capstan.fish; do
      [[ -s moved/share/$file ]] || { echo "share/$file is not installed" >&2; exit 1; }
    done
    capstan doctor | grep "find_package(capstan) works with -DCMAKE_PREFIX_PATH=$work/moved"
    capstan doctor | grep "^ok  backend redis: loads"
    capstan new component hello
    capstan build hello
    [[ $(capstan run hello -- Ada) == "hello, Ada" ]] || { echo "hello did not greet" >&2; exit 1; }
    # A bundle, and a guest that CMake builds, with the installed package.
    capstan new bundle my-names
    printf 'capstan_guest(TARGET guest WIT %s WORLD hello SOURCES %s LANGUAGE cpp ADAPTER command)\n' \
      "$work/hello/wit" "$work/hello/src/main.cc" >>my-names/CMakeLists.txt
    cmake -S my-names -B build -G Ninja -DCMAKE_PREFIX_PATH="$work/moved"
    cmake --build build
    output=$(capstan run --host-bundle build/bundles/my-names --invoke 'run()' my-names/guest.wat)
    [[ $output == '"hello, my-names"' ]] || { echo "the bundle gave: $output" >&2; exit 1; }
    [[ $(capstan run build/guests/guest.component.wasm) == "hello, world" ]]
    echo "ok: the installed command works"
    ;;
  *)
    echo "run.sh: no consumer \"$kind\"" >&2
    exit 2
    ;;
esac
