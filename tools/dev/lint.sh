# lint [--all]              the project's own rules (tests/tidy), and clang-tidy on what changed
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scope=${1:-changed}
[[ $scope == changed || $scope == --all ]] || fail "lint: unknown option \"$scope\""
prepare
status=0
python3 tests/tidy/tidy_test.py || status=1
configure release

# Names of changed files: against the branch point from origin/main, or else the last commit; plus what is
# not committed yet. Without any history to compare with, everything counts as changed.
changed_files() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null) || base=
  if [[ -z $base || $base == $(git rev-parse HEAD 2>/dev/null) ]]; then
    base=$(git rev-parse --verify --quiet HEAD~1) || base=
  fi
  if [[ -z $base || $scope == --all ]]; then
    project_files '*.cc' '*.h'
  else
    git diff --name-only "$base" -- '*.cc' '*.h'
    git ls-files --others --exclude-standard -- '*.cc' '*.h'
  fi
}

# A changed header is looked at through the sources that carry its name.
sources() {
  local file stem
  changed_files | while IFS= read -r file; do
    stem=${file%.*}
    for file in "$file" "$stem.cc" "${stem}_test.cc"; do
      if [[ $file == *.cc && -f $file ]] && grep -qF "\"$root/$file\"" build/compile_commands.json; then
        printf '%s\n' "$file"
      fi
    done
  done | sort -u
}

# A clean result is remembered under a key made of the file, all headers and the settings.
headers_key=$(project_files '*.h' .clang-tidy | xargs -d '\n' sha256sum | sha256sum)
remembered=$CAPSTAN_CACHE/clang-tidy
mkdir -p "$remembered"
key_of() { (sha256sum "$1" && printf '%s' "$headers_key") | sha256sum | cut -d' ' -f1; }

files=()
while IFS= read -r file; do
  if [[ ! -f $remembered/$(key_of "$file") ]]; then files+=("$file"); fi
done < <(sources)
if ((${#files[@]} == 0)); then
  say "clang-tidy: nothing new to look at"
  exit "$status"
fi

# Generated headers must exist before sources that include them can be read.
build release >/dev/null
started=$EPOCHREALTIME
say "clang-tidy on ${#files[@]} files"
tidy_one() {
  clang-tidy-19 -p build --quiet --extra-arg=-Wno-unknown-warning-option "$1" 2>&1 |
    { grep -v ' warnings\{0,1\} generated\.$\|^Suppressed \|^Use -header-filter' || true; }
  if ((PIPESTATUS[0] != 0)); then return 1; fi
  touch "$remembered/$(key_of "$1")"
  echo "  $1"
}
export -f tidy_one key_of
export remembered headers_key
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'set -e; tidy_one "$1"' tidy ||
  fail "clang-tidy found problems"
say "clang-tidy: clean, in $(elapsed "$started") s"
exit "$status"
