# build [TARGET]...         configures and builds; --preset P chooses another preset
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

preset=release
targets=()
while (($#)); do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    -*) fail "build: unknown option \"$1\"" ;;
    *) targets+=("$1"); shift ;;
  esac
done
prepare
build "$preset" "${targets[@]}"
