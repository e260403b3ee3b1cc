# check                     everything CI runs: format, lint, all tests, sanitizers, fuzz smoke, demo
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Stages run to the end even when one fails, so that one run shows every problem. The last line counts
# the tests of all stages; a stage without tests of its own counts as one.
(($# == 0)) || fail "check: takes no options"
passed=0 failed=0 summary=() started_all=$EPOCHREALTIME
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# stage LABEL COMMAND...
stage() {
  local label=$1 started=$EPOCHREALTIME status=0 verdict=ok good=0 bad=0 missed total
  shift
  printf '\n'
  say "== $label"
  # In a subshell with its own -e: a failure inside a function ends the stage, not the run.
  set +e
  (
    set -e
    "$@"
  ) 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  set -e
  while read -r missed total; do
    bad=$((bad + missed)) good=$((good + total - missed))
  done < <(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests\{0,1\} failed out of \([0-9]*\).*/\1 \2/p' "$log")
  if ((status != 0)); then
    verdict=FAILED
    if ((bad == 0)); then bad=1; fi
  elif ((good == 0)); then
    good=1
  fi
  passed=$((passed + good)) failed=$((failed + bad))
  summary+=("$(printf '%-34s %-6s %8s s' "$label" "$verdict" "$(elapsed "$started")")")
  return 0
}

build_and_test() {
  local preset=$1
  shift
  build "$preset"
  run_tests "$preset" "$@"
}

# The tests that need no engine: its fibers and signal handlers are strangers to the sanitizers.
address_sanitizer() {
  build asan capstan-unit-tests capstan-concurrency-tests capstan-capability-tests \
    capstan-capability-concurrency-tests capstan-backend-tests capstan-backend-concurrency-tests \
    capstan-smoke-lift
  run_tests asan -L '^(unit|concurrency)$'
  build-asan/bin/capstan-smoke-lift fuzz/corpus/lift 20000
}

thread_sanitizer() {
  if [[ -z $(project_files 'src/capstan/*_concurrency_test.cc') ]]; then
    say "no *_concurrency_test.cc in src/: nothing to run under ThreadSanitizer"
    return 0
  fi
  build tsan capstan-concurrency-tests capstan-capability-concurrency-tests \
    capstan-backend-concurrency-tests
  run_tests tsan -L '^concurrency$'
}

stage "set-up" prepare
stage "format" bash tools/dev/fmt.sh --check
stage "build with warnings as errors" build release
stage "lint" bash tools/dev/lint.sh
stage "all tests" build_and_test release
stage "demo" bash tools/dev/demo.sh
stage "native tests under asan and ubsan" address_sanitizer
stage "concurrency tests under tsan" thread_sanitizer
stage "fuzz smoke" bash tools/dev/fuzz.sh lift --seconds 10

printf '\n'
say "summary, after $(elapsed "$started_all") s in all:"
printf '  %s\n' "${summary[@]}"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
