# new NAME                  makes a folder NAME with a small project that embeds Capstan
caller=$PWD
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

path=${1:-}
name=${path##*/}
[[ $# == 1 && $name =~ ^[a-z][a-z0-9]*(-[a-z0-9]+)*$ ]] ||
  fail "new: give one name of lower-case words with dashes, such as \"my-host\""
if [[ $path != /* ]]; then path=$caller/$path; fi
[[ ! -e $path ]] || fail "new: \"$path\" exists already"

# my-host becomes MyHost
title=$(sed -E 's/(^|-)([a-z0-9])/\U\2/g' <<<"$name")
template=$root/templates/adapter
(cd "$template" && find . -type f) | while IFS= read -r file; do
  mkdir -p "$(dirname "$path/$file")"
  sed -e "s|@NAME@|$name|g" -e "s|@NAME_SNAKE@|${name//-/_}|g" -e "s|@NAME_TITLE@|$title|g" "$template/$file" >"$path/${file%.in}"
done
say "made $path; build it with"
say "  cmake -S $path -B $path/build -DCMAKE_PREFIX_PATH=<where ./dev install put Capstan>"
say "  cmake --build $path/build && $path/build/$name"
