#!/usr/bin/env bash
# What cloud_backend.hpp costs a file that includes it, beside the headers of the standard library
# that it needs: processor time of the compiler. Usage: include_cost.sh INCLUDE_DIRECTORY...
set -euo pipefail

rounds=11
bar=1.15
compiler=${CXX:-c++}
root=$(dirname "$(realpath "$0")")/..
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

echo '#include <cloud_backend/cloud_backend.hpp>' >"$folder/library.cpp"
flags=(-std=c++20 -fsyntax-only "-I$root/include")
for directory in "$@"; do flags+=("-I$directory"); done
# The public headers that it includes, and of these the lines for the standard library.
"$compiler" "${flags[@]}" -H "$folder/library.cpp" 2>&1 >/dev/null |
    sed -n 's/^\.\+ //p' | grep '/cloud_backend/[a-z_]*\.hpp$' | sort -u |
    xargs sed -n 's/^#include <\([a-z_]*\)>.*/#include <\1>/p' | sort -u >"$folder/standard.cpp"

seconds() {  # of processor time, of one run
    TIMEFORMAT='%U %S'
    { time "$compiler" "${flags[@]}" "$folder/$1.cpp" >/dev/null; } 2>&1 | awk '{ print $1 + $2 }'
}
for ((round = 0; round < rounds; ++round)); do
    echo "$(seconds library) $(seconds standard)"
done >"$folder/rounds"
median() { awk "{ print $1 }" "$folder/rounds" | sort -g | sed -n "$((rounds / 2 + 1))p"; }
ratio=$(median '$1 / $2')
echo "cloud_backend.hpp: $(median '$1') s; its standard headers: $(median '$2') s"
awk -v ratio="$ratio" -v bar=$bar 'BEGIN {
    printf "  %.2f x (bar %s)%s\n", ratio, bar, ratio <= bar ? "" : " MISSED"
    exit ratio > bar
}'
