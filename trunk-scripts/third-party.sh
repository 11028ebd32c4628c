#!/bin/sh
# Checks the third-party sources in third_party/, and fetches them again from their origin.
#
#   trunk-scripts/third-party.sh check        compare with the checksums in the repository; needs no network
#   trunk-scripts/third-party.sh upstream     fetch everything again, from Debian and npm, and compare
#   trunk-scripts/third-party.sh refresh      replace mpegts.js and its licences by those that package-lock.json names
#
# check ends with "third-party: N passed, N failed, 0 skipped"; upstream and refresh are needed to change a version.
set -eu

cd "$(dirname "$0")/.."
root=$PWD
there=$root/third_party
work=$root/objs/third-party

fail() {
    echo "third-party: $*" >&2
    exit 1
}

check() {
    passed=0
    failed=0
    for sums in "$there"/*/SHA256SUMS; do
        if (cd "${sums%/*}" && sha256sum --quiet -c SHA256SUMS); then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
    echo "third-party: $passed passed, $failed failed, 0 skipped"
    [ "$failed" -eq 0 ]
}

# ---- mpegts.js, from npm ------------------------------------------------------------------------------------

# The files that are taken from the packages: FILE-IN-NODE_MODULES PLACE
mpegts_files() {
    cat <<'END'
mpegts.js/dist/mpegts.js mpegts.js
mpegts.js/dist/mpegts.js.LICENSE.txt mpegts.js.LICENSE.txt
mpegts.js/LICENSE LICENSE
es6-promise/LICENSE LICENSE.es6-promise
events/LICENSE LICENSE.events
END
}

# npm compares each package with the checksum in the lock file, and runs none of its scripts.
fetch_mpegts() {
    command -v npm >/dev/null || fail "this needs npm: apt-get install npm"
    rm -rf "$work/mpegts.js"
    mkdir -p "$work/mpegts.js"
    cp "$there/mpegts.js/package.json" "$there/mpegts.js/package-lock.json" "$work/mpegts.js/"
    npm ci --prefix "$work/mpegts.js" --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error ||
        fail "npm cannot install what package-lock.json names"
}

compare_mpegts() {
    fetch_mpegts
    mpegts_files | while read -r file place; do
        cmp "$work/mpegts.js/node_modules/$file" "$there/mpegts.js/$place" || exit 1
    done || fail "mpegts.js differs from the package on npm"
    echo "third-party: mpegts.js is the same as on npm"
}

refresh() {
    fetch_mpegts
    mpegts_files | while read -r file place; do
        install -m 644 "$work/mpegts.js/node_modules/$file" "$there/mpegts.js/$place"
    done
    # shellcheck disable=SC2046 # names without blanks
    (cd "$there/mpegts.js" && sha256sum $(mpegts_files | cut -d' ' -f2) >SHA256SUMS)
    git --no-pager diff --stat -- third_party
}

# ---- state-threads, from Debian ------------------------------------------------------------------------------

# Writes a deb-src entry for each deb entry of the machine, in the one-line and in the deb822 form.
write_sources() {
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] || continue
        sed -n 's/^[[:space:]]*deb[[:space:]]/deb-src /p' "$file"
    done >"$1/from-lists.list"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$1/$(basename "$file")"
    done
}

# Uses the machine's own apt sources in a private folder, and changes nothing of the system's apt.
fetch_st() {
    command -v dpkg-source >/dev/null || fail "this needs dpkg-source: apt-get install dpkg-dev"
    rm -rf "$work/st"
    mkdir -p "$work/st/apt/sources.list.d" "$work/st/apt/lists/partial" "$work/st/apt/cache/archives/partial"
    write_sources "$work/st/apt/sources.list.d"
    {
        echo "Dir::Etc::SourceList \"/dev/null\";"
        echo "Dir::Etc::SourceParts \"$work/st/apt/sources.list.d\";"
        echo "Dir::State::Lists \"$work/st/apt/lists\";"
        echo "Dir::Cache \"$work/st/apt/cache\";"
        echo "Acquire::Languages \"none\";"
        echo "APT::Sandbox::User \"$(id -un)\";"
    } >"$work/st/apt/apt.conf"
    export APT_CONFIG="$work/st/apt/apt.conf"
    # Some source may be down. That matters only if it is the one that has st.
    apt-get -q update >"$work/st/log" 2>&1 || true
    (cd "$work/st" && apt-get -q source st=1.9-3.2) >>"$work/st/log" 2>&1 || {
        tail -n 20 "$work/st/log" >&2
        fail "this machine's apt sources do not have the source package st 1.9-3.2"
    }
    unset APT_CONFIG
}

compare_st() {
    fetch_st
    cmp "$work/st/st_1.9.orig.tar.gz" "$there/state-threads/st_1.9.orig.tar.gz" || fail "the release of state-threads differs"
    diff -r -x series "$work/st/st-1.9/debian/patches" "$there/state-threads/patches/debian" || fail "Debian's patches differ"
    echo "third-party: state-threads is the same as in Debian"
}

case ${1-} in
check) check ;;
upstream)
    compare_mpegts
    compare_st
    ;;
refresh) refresh ;;
*)
    echo "usage: trunk-scripts/third-party.sh check|upstream|refresh" >&2
    exit 2
    ;;
esac
