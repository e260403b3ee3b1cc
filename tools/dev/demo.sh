# demo                      builds and runs the key-value demo, and compares what it prints
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

(($# == 0)) || fail "demo: takes no options"
prepare
build release keyvalue-demo
actual=$(mktemp)
trap 'rm -f "$actual"' EXIT
say "build/bin/keyvalue-demo prints:"
build/bin/keyvalue-demo </dev/null 2>&1 | tee "$actual"
diff -u examples/keyvalue-demo/expected.txt "$actual" ||
  fail "the demo did not print what examples/keyvalue-demo/expected.txt says"
say "that is what examples/keyvalue-demo/expected.txt says"
