# fuzz [NAME]               runs one fuzzer or all; --seconds N for each (default 60)
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

seconds=60
name=
while (($#)); do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
    -*) fail "fuzz: unknown option \"$1\"" ;;
    *) name=$1; shift ;;
  esac
done
prepare
if [[ ! -f fuzz/CMakeLists.txt ]]; then
  say "there are no fuzzers (no fuzz/CMakeLists.txt)"
  exit 0
fi
if [[ -n $name ]]; then build fuzz "capstan-fuzz-$name"; else build fuzz; fi

# The engine has its own handler for memory faults, which the sanitizer must leave alone.
export ASAN_OPTIONS=allow_user_segv_handler=1:handle_segv=0:detect_stack_use_after_return=0
symbolizer=$(command -v llvm-symbolizer-19 || command -v addr2line) && export ASAN_SYMBOLIZER_PATH=$symbolizer
ran=0
for binary in build-fuzz/bin/capstan-fuzz-${name:-*}; do
  [[ -x $binary ]] || fail "fuzz: no $binary"
  fuzzer=${binary##*/capstan-fuzz-}
  # Finds are kept in the build folder; seeds in fuzz/corpus are only read.
  found=build-fuzz/corpus/$fuzzer
  mkdir -p "$found" build-fuzz/crashes
  seeds=()
  if [[ -d fuzz/corpus/$fuzzer ]]; then seeds=("fuzz/corpus/$fuzzer"); fi
  say "fuzz $fuzzer for $seconds s"
  "$binary" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=0 \
    -verbosity=0 -artifact_prefix="build-fuzz/crashes/$fuzzer-" "$found" "${seeds[@]}" </dev/null ||
    fail "fuzz $fuzzer: failed; the input is in build-fuzz/crashes/. Make it a test first"
  ran=$((ran + 1))
done
say "$ran fuzzers ran for $seconds s each, nothing found"
