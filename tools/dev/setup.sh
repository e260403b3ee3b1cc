# setup                     installs what is missing: Debian packages, the pinned clang-format
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The one list of Debian packages; docs/dependencies.md gives the reason for each.
packages=(
  g++ cmake ninja-build libgtest-dev libgmock-dev libfmt-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev ccache
  libsodium-dev
  clang-19 clang-tidy-19 lld-19 libclang-rt-19-dev
  libc++-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc
  python3 python3-venv git
  zsh fish mandoc
  libssl-dev redis-tools openssl
)

install_packages() {
  local missing=() installed as_root=() apt
  if ! command -v dpkg-query >/dev/null; then
    command -v g++ cmake ninja clang-19 >/dev/null ||
      fail "this is no Debian system: install the packages that docs/dependencies.md lists"
    return 0
  fi
  # dpkg-query fails when it knows one of the packages not at all; what it prints is right all the same.
  installed=" $( (dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "${packages[@]}" 2>/dev/null || true) |
    sed -n 's/^ii *//p' | tr '\n' ' ') "
  local package
  for package in "${packages[@]}"; do
    if [[ $installed != *" $package "* ]]; then missing+=("$package"); fi
  done
  if ((${#missing[@]} == 0)); then return 0; fi

  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "run as root or install sudo; missing packages: ${missing[*]}"
    as_root=(sudo)
  fi
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
    -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  step "update the list of Debian packages" "${apt[@]}" update ||
    say "the list could not be updated; trying with the one at hand"
  step "install ${missing[*]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
}

check_rust() {
  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' engine/Cargo.toml)
  found=$(rustc --version 2>/dev/null | cut -d' ' -f2) || found=
  if ! command -v cargo >/dev/null || [[ -z $found ]]; then
    fail "the engine needs Rust $wanted or newer, and there is no cargo or rustc in PATH.
  Get it with rustup (https://rustup.rs): rustup toolchain install $wanted --profile minimal"
  fi
  if [[ $(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1) != "$wanted" ]]; then
    fail "the engine needs Rust $wanted or newer, found $found.
  With rustup: rustup toolchain install $wanted --profile minimal && rustup default $wanted"
  fi
}

install_clang_format() {
  local folder=$CAPSTAN_CACHE/clang-format-$clang_format_version
  if [[ -f $folder/installed ]]; then return 0; fi
  rm -rf "$folder"
  mkdir -p "$CAPSTAN_CACHE"
  step "make a Python environment for clang-format" python3 -m venv "$folder"
  step "install clang-format $clang_format_version" \
    "$folder/bin/pip" install --quiet --retries 5 "clang-format==$clang_format_version"
  touch "$folder/installed"
}

mkdir -p "$CAPSTAN_CACHE"
install_packages
check_rust
install_clang_format
if [[ ${1:-} != --quiet ]]; then say "set-up complete"; fi
