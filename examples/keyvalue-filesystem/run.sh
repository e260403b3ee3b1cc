#!/usr/bin/env bash
# run.sh CAPSTAN COMPONENT EXPECTED CACHE: runs the example in an empty folder, and looks at the files it leaves.
set -euo pipefail
capstan=$1 component=$2 expected=$3
export XDG_CACHE_HOME=$4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

mkdir -p "$folder/data/my-bucket"
printf 'written by hand' >"$folder/data/my-bucket/by-hand"
{
  "$capstan" run --dir "$folder/data::keyvalue-data,rw" "$component"
  printf 'files:%s\n' "$(cd "$folder/data/my-bucket" && printf " %s" *)"
  printf 'user:3 is %s\n' "$(cat "$folder/data/my-bucket/user:3")"
} >"$folder/output"
diff -u "$expected" "$folder/output"
