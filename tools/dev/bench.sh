# bench NAME | all          runs a benchmark; --build times a clean demo and an edit (--cold: no cache)
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Times what a newcomer and a contributor wait for, and writes build/bench/build.json. ccache is off, so
# that the compiler is really timed. An edit is a touched file: the build cannot tell the difference.
time_builds() {
  local cold=$1 started clean unit all edited
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  export CCACHE_DISABLE=1
  if [[ $cold == cold ]]; then
    export CAPSTAN_CACHE=$folder/cache
  fi

  started=$EPOCHREALTIME
  prepare
  cmake --preset release -B "$folder/build" -DCAPSTAN_CACHE="$CAPSTAN_CACHE" >/dev/null
  cmake --build "$folder/build" --parallel "$jobs" --target keyvalue-demo
  "$folder/build/bin/keyvalue-demo" </dev/null
  clean=$(elapsed "$started")

  say "the rest of the tree, not timed"
  cmake --build "$folder/build" --parallel "$jobs"
  edited=$(project_files 'src/capstan/host/*.cc' 'src/capstan/base/version.cc' | grep -v _test.cc |
    xargs ls -S | head -n 1)
  touch "$edited"
  started=$EPOCHREALTIME
  cmake --build "$folder/build" --parallel "$jobs"
  ctest --test-dir "$folder/build" --output-on-failure --parallel "$jobs" -L '^(unit|concurrency)$'
  unit=$(elapsed "$started")
  touch "$edited"
  started=$EPOCHREALTIME
  cmake --build "$folder/build" --parallel "$jobs"
  ctest --test-dir "$folder/build" --output-on-failure --parallel "$jobs" -LE '^(consumer|slow)$'
  all=$(elapsed "$started")

  mkdir -p build/bench
  python3 - "$clean" "$unit" "$all" "$edited" "$cold" <<'PYTHON'
import json
import sys

clean, unit, everything = map(float, sys.argv[1:4])
edited, cache = sys.argv[4:6]
rows = [
    ("clean-demo", clean, 720),
    ("edit-to-unit-tested", unit, 40),
    ("edit-to-all-tested", everything, 180),
]
table = [
    {"name": name, "value": value, "unit": "s", "baseline": "limit", "baseline_value": limit,
     "ratio": round(value / limit, 3)}
    for name, value, limit in rows
]
with open("build/bench/build.json", "w", encoding="utf-8") as file:
    json.dump({"rows": table, "edited": edited, "cargo_cache": cache}, file, indent=2)
    file.write("\n")
print(f"\ncargo cache: {cache}; edited file: {edited}")
for row in table:
    print(f"{row['name']:<24} {row['value']:>8.1f} s   limit {row['baseline_value']:>4} s")
PYTHON
}

name=
mode=
cold=shared
while (($#)); do
  case $1 in
    --build) mode=build; shift ;;
    --cold) cold=cold; shift ;;
    --) shift; break ;;
    -*) fail "bench: unknown option \"$1\"; options of the benchmark itself go after --" ;;
    *) name=$1; shift ;;
  esac
done
if [[ $mode == build ]]; then
  time_builds "$cold"
  exit 0
fi
[[ -n $name ]] || fail "bench: say which: $(project_files 'bench/*_bench.cc' |
  sed 's|.*/||; s|_bench\.cc$||' | tr '\n' ' ')all, or --build"
prepare
if [[ $name == cli || $name == capabilities || $name == all ]]; then install_wasmtime; fi
mkdir -p build/bench
if [[ $name != all ]]; then
  build release "capstan-bench-$name"
  exec "build/bin/capstan-bench-$name" "$@"
fi
build release
for binary in build/bin/capstan-bench-*; do
  [[ -x $binary ]] || fail "bench: there are no benchmarks"
  say "${binary##*/}"
  "$binary" "$@"
done
