# bless [-R REGEX]          takes the generator's present output as the golden files
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

selection=()
if (($#)); then
  [[ $1 == -R && $# == 2 ]] || fail "bless: takes -R REGEX only"
  selection=("$@")
fi
prepare
build release
CAPSTAN_BLESS=1 run_tests release -L '^golden$' "${selection[@]}"
git status --short -- tests/golden
