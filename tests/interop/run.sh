#!/usr/bin/env bash
# run.sh CAPSTAN CACHE: components made by other languages' own tools, called through the command.
#
# The tools come from the registries of JavaScript and Python and are kept in the folder CACHE; they are large, so
# this is no part of `./dev check`. Run it with `./dev test interop`.
set -euo pipefail
capstan=$1 cache=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
componentize_js=0.23.0
componentize_py=0.25.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache"

# One WIT package for both tools, with the store's among its dependencies.
mkdir -p "$work/wit/deps"
cp "$here/wit/interop.wit" "$work/wit/"
cp "$here/../../examples/host-adapter/wit/keyvalue.wit" "$work/wit/deps/"

make_javascript() {
  local tools=$cache/componentize-js-$componentize_js
  if [[ ! -d $tools/node_modules/@bytecodealliance/componentize-js ]]; then
    mkdir -p "$tools"
    npm install --silent --no-fund --no-audit --prefix "$tools" \
      "@bytecodealliance/componentize-js@$componentize_js"
  fi
  cp "$here/guest.js" "$work/"
  cat >"$tools/make.mjs" <<'JAVASCRIPT'
import { componentize } from '@bytecodealliance/componentize-js';
import { readFile, writeFile } from 'node:fs/promises';
const [source, wit, output] = process.argv.slice(2);
const { component } = await componentize(await readFile(source, 'utf8'), {
  witPath: wit, worldName: 'guest', disableFeatures: ['http', 'fetch-event'],
});
await writeFile(output, component);
JAVASCRIPT
  node "$tools/make.mjs" "$work/guest.js" "$work/wit" "$work/javascript.wasm"
}

make_python() {
  local tools=$cache/componentize-py-$componentize_py
  if [[ ! -x $tools/bin/componentize-py ]]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --retries 5 "componentize-py==$componentize_py"
  fi
  cp "$here/app.py" "$work/"
  (cd "$work" && "$tools/bin/componentize-py" --wit-path wit --world guest componentize app \
    -o python.wasm >"$work/python.log" 2>&1) || { cat "$work/python.log" >&2; return 1; }
}

passed=0 failed=0
# expect LANGUAGE CALL RESULT
expect() {
  local said
  said=$("$capstan" run "$work/$1.wasm" --invoke "$2" 2>&1) || true
  if [[ $said == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf '%s: %s gave\n  %s\nnot\n  %s\n' "$1" "$2" "$said" "$3" >&2
  fi
}

for language in javascript python; do
  echo "making the component in $language"
  "make_$language"
  expect "$language" 'round-trip("key", "grüße")' 'ok("grüße")'
  expect "$language" 'reverse([{x: 1, y: 2}, {x: 3, y: 4, label: "b"}])' \
    '[{x: 3, y: 4, label: some("b")}, {x: 1, y: 2}]'
  expect "$language" 'area(circle(2))' 'ok(12.566370614359172)'
  expect "$language" 'area(named("x"))' 'err("no area of x")'
  expect "$language" 'both({read}, {write})' '{read, write}'
done
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
