#!/bin/sh
# Builds the console of research/console, with Vite and the packages that its package-lock.json names. The result is in the
# repository, so that the server builds without npm and without a network.
#
#   trunk-scripts/console.sh check     compare sources and result with SHA256SUMS; needs no npm
#   trunk-scripts/console.sh build     make research/console/dist again after a change
#   trunk-scripts/console.sh same      build again, and compare with research/console/dist
set -eu

cd "$(dirname "$0")/.."
root=$PWD
there=research/console
work=$root/objs/console

fail() {
    echo "console: $*" >&2
    exit 1
}

check() {
    sha256sum --quiet -c "$there/SHA256SUMS" ||
        fail "research/console/dist is not made of these sources; after a change: trunk-scripts/console.sh build"
}

# What the result is made of.
sources() {
    find "$there/index.html" "$there/package.json" "$there/package-lock.json" "$there/vite.config.js" "$there/src" \
        "$there/public" research/players/html/players/js/address.js -type f | LC_ALL=C sort
}

write_licences() {
    for package in preact uplot uqr; do
        printf '==== %s\n\n' "$package"
        cat "$1/$package/LICENSE"
        printf '\n\n'
    done
}

# npm compares each package with the checksum in the lock file, and runs none of its scripts.
build() {
    command -v npm >/dev/null || fail "this needs npm: apt-get install npm"
    rm -rf "$work/tree"
    mkdir -p "$work/tree"
    sources | while read -r file; do
        mkdir -p "$work/tree/${file%/*}"
        cp "$file" "$work/tree/$file"
    done
    cd "$work/tree/$there"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || fail "npm cannot install what package-lock.json names"
    npm run --silent build -- --logLevel warn || fail "Vite cannot build the console"
    write_licences node_modules >dist/LICENSES.txt
    cd "$root"
}

case ${1-} in
check) check ;;
build)
    build
    rm -rf "$there/dist"
    cp -r "$work/tree/$there/dist" "$there/dist"
    {
        sources
        find "$there/dist" -type f | LC_ALL=C sort
    } | xargs sha256sum >"$there/SHA256SUMS"
    ;;
same)
    build
    diff -r "$work/tree/$there/dist" "$there/dist" || fail "research/console/dist is not what its sources make"
    echo "console: research/console/dist is what its sources make"
    ;;
*)
    echo "usage: trunk-scripts/console.sh check|build|same" >&2
    exit 2
    ;;
esac
