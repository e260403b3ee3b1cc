# test [-R REGEX]           builds and runs the tests; -L LABEL, --preset P, --all; interop: other languages
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Tests with one of these labels run in `./dev check`, with --all, or when asked for by name or label.
slow='^(consumer|slow)$'
preset=release
selection=()
if [[ ${1:-} == interop ]]; then
  prepare
  build release capstan-command
  exec bash tests/interop/run.sh "$root/build/bin/capstan" "$CAPSTAN_CACHE/interop"
fi
while (($#)); do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    --all) slow=; shift ;;
    -R | -L) selection+=("$1" "${2:?$1 needs a pattern}"); slow=; shift 2 ;;
    *) fail "test: unknown option \"$1\"" ;;
  esac
done
if [[ -n $slow ]]; then selection+=(-LE "$slow"); fi
prepare
build "$preset"
run_tests "$preset" "${selection[@]}"
