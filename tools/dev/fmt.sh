# fmt [--check]             formats C++ and Rust, or says what is not formatted
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mode=${1:-write}
[[ $mode == write || $mode == --check ]] || fail "fmt: unknown option \"$mode\""
prepare
formatter=$CAPSTAN_CACHE/clang-format-$clang_format_version/bin/clang-format
options=(-i)
if [[ $mode == --check ]]; then options=(--dry-run --Werror); fi

status=0
# Golden files are the generator's own output, compared byte by byte by their tests.
mapfile -t files < <(project_files '*.h' '*.cc' '*.c' | grep -v '^tests/golden/')
if ((${#files[@]})); then
  printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P "$jobs" "$formatter" "${options[@]}" || status=1
fi
if cargo fmt --version >/dev/null 2>&1; then
  cargo fmt --manifest-path engine/Cargo.toml --all ${mode/write/} || status=1
else
  say "rustfmt is not installed (rustup component add rustfmt): Rust files not looked at"
fi
if ((status != 0)); then fail "not formatted: ./dev fmt puts it right"; fi
say "${#files[@]} C++ files formatted"
